"""Why an analysis failed, in words for the people who wait for it. Codes are stored, sentences are not."""

WORKER_LOST = "worker_lost"
TOO_LONG = "too_long"
MEMORY = "memory"
STORAGE = "storage"
WITHDRAWN = "withdrawn"
INTERNAL = "internal"

_SENTENCES = {
    WORKER_LOST: "The analysis stopped three times without finishing. The video is kept; it can be tried again.",
    TOO_LONG: "The analysis took too long and was stopped. A shorter recording usually works.",
    MEMORY: "The analysis needed more memory than there is. A shorter or smaller recording usually works.",
    STORAGE: "The video could not be read from storage. It can be tried again.",
    WITHDRAWN: "The agreement to the analysis was taken back, so this recording was not analysed. The video is kept.",
    INTERNAL: "Something went wrong on our side. The video is kept; it can be tried again.",
}


def explain(code: str) -> str:
    """The sentence for a stored code; an unknown one reads like an internal fault, nothing reads as nothing."""
    return _SENTENCES.get(code, _SENTENCES[INTERNAL]) if code else ""
