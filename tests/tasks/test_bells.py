"""The file transport by itself: nothing to install, nothing half read, nobody's bell twice."""

from __future__ import annotations

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from queue import Empty

import pytest
from kombu import Connection, Queue
from kombu.exceptions import ChannelError

from tasks import bells


@pytest.fixture
def connect(tmp_path):
    bells.register()
    opened = []

    def connect() -> Connection:
        options = {"folder": str(tmp_path / "queue"), "polling_interval": 0.01}
        opened.append(Connection("bells://", transport_options=options))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.release()


def put(connection: Connection, text: str, queue: str = "gpu") -> None:
    with connection.Producer() as producer:
        producer.publish({"text": text}, routing_key=queue, declare=[Queue(queue)], serializer="json")


def take(connection: Connection, queue: str = "gpu") -> str | None:
    message = connection.default_channel.basic_get(queue)
    return None if message is None else message.decode()["text"]


def test_bells_come_out_in_the_order_in_which_they_went_in(connect):
    for text in "abc":
        put(connect(), text)
    reader = connect()
    assert [take(reader) for _ in range(4)] == ["a", "b", "c", None]


def test_bell_survives_a_restart_of_everything(connect):
    first = connect()
    put(first, "kept")
    first.release()
    assert take(connect()) == "kept"


@pytest.mark.parametrize("content", [b"", b'{"body": "abc', b"\x00\xff", b"[]", b'{"foreign": 1}'])
def test_file_that_is_no_message_is_put_aside_and_the_next_is_read(connect, tmp_path, content):
    folder = tmp_path / "queue" / "gpu"
    folder.mkdir(parents=True)
    (folder / "00000000000000000000-x.bell").write_bytes(content)
    put(connect(), "good")
    assert take(connect()) == "good"
    assert [path.suffix for path in folder.iterdir()] == [".bad"]


def test_half_written_file_is_not_looked_at(connect, tmp_path):
    put(connect(), "good")
    draft = tmp_path / "queue" / "gpu" / "0-being-written.draft"
    draft.write_text('{"bo')
    assert take(connect()) == "good"
    assert draft.exists()


def test_leftovers_of_dead_processes_are_removed_after_an_hour(connect, tmp_path):
    folder = tmp_path / "queue" / "gpu"
    folder.mkdir(parents=True)
    old = folder / "0-old.taken"
    old.write_text("{}")
    os.utime(old, (1, 1))
    (folder / "0-new.draft").write_text("{}")
    assert take(connect()) is None
    assert [path.name for path in folder.iterdir()] == ["0-new.draft"]


def test_many_readers_share_the_bells_without_one_heard_twice(connect):
    writer = connect()
    for number in range(60):
        put(writer, str(number))

    def read_all(connection: Connection) -> list[str]:
        heard = []
        while (text := take(connection)) is not None:
            heard.append(text)
        return heard

    with ThreadPoolExecutor(4) as pool:
        heard = [text for part in pool.map(read_all, [connect() for _ in range(4)]) for text in part]
    assert sorted(heard, key=int) == [str(number) for number in range(60)]


def test_unfinished_bell_goes_back_when_its_reader_closes_in_order(connect):
    put(connect(), "again")
    reader = connect()
    assert take(reader) == "again"  # never acknowledged
    reader.default_channel.close()
    assert take(connect()) == "again"


def test_folder_and_files_are_private(connect, tmp_path):
    put(connect(), "secret")
    queue = tmp_path / "queue"
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (queue, queue / "gpu")}
    assert modes == {0o700}
    (file,) = (queue / "gpu").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["../elsewhere", "a/b", "", ".", "..", "a\0b"])
def test_queue_name_cannot_leave_the_folder(connect, name):
    with pytest.raises((ChannelError, Empty)):
        connect().default_channel._put(name, {"body": ""})


def test_size_and_purge_count_waiting_bells(connect):
    writer = connect()
    for text in "ab":
        put(writer, text)
    channel = writer.default_channel
    assert channel._size("gpu") == 2
    assert channel.queue_purge("gpu") == 2
    assert channel._size("gpu") == 0


def test_message_file_holds_ids_only(connect, tmp_path):
    put(connect(), "run-id")
    (file,) = (tmp_path / "queue" / "gpu").iterdir()
    assert set(json.loads(file.read_text())) >= {"body", "headers", "properties"}
