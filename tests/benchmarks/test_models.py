"""The competitors solve the same problem."""

from __future__ import annotations

import pytest

from benchmarks import models


@pytest.mark.parametrize("classes", [2, 5])
def test_every_library_finds_the_same_loss(classes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "EXAMPLES", 40)
    found = {name: float(call()[0]) for name, call in models.regression(classes, "float64").items()}
    assert set(found) >= {"derivlib", "scikit-learn"}
    assert found == pytest.approx(dict.fromkeys(found, found["derivlib"]), rel=1e-12)
