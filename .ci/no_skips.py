"""Fails when a test was skipped: python no_skips.py JUNIT.xml ...

The one exception: tests against the reference folder `../shared`, where there is none.
"""

import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]


def main(reports: list[str]) -> int:
    cases = [case for report in reports for case in ElementTree.parse(report).getroot().iter("testcase")]
    skipped = [(case, case.find("skipped")) for case in cases if case.find("skipped") is not None]
    shared = (ROOT.parent / "shared").is_dir()
    bad = [(case, why) for case, why in skipped if shared or "shared" not in (why.get("message") or "")]
    sys.stdout.write(
        f"{len(cases)} tests, {len(skipped)} skipped; the reference folder is {'' if shared else 'not '}there\n"
    )
    for case, why in bad:
        sys.stdout.write(f"skipped: {case.get('classname')}::{case.get('name')}: {why.get('message')}\n")
    return 1 if bad or not cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
