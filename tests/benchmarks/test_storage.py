"""A record is read as it was written, and its inner levels stand on one line."""

from pathlib import Path

from benchmarks.storage import load, store


def test_a_record_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "records" / "errors.json"
    record = {"seed": 0, "errors": {"Σ": {"ULP": [1.5, 2.0]}, "none": {}}, "list": [1, {"a": 2}]}
    store(path, record)
    assert load(path) == record
    lines = path.read_text("utf-8").splitlines()
    assert '  "Σ": {"ULP": [1.5, 2.0]},' in lines and '  {"a": 2}' in lines
