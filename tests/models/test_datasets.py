"""The data sets are whole, and what they are known for."""

import numpy as np

from derivlib.models.datasets import load_challenger, load_iris


def test_iris_has_fishers_means() -> None:
    iris = load_iris()
    assert iris.X.shape == (150, 4) and iris.labels.shape == (150,)
    assert iris.features == ("sepal length", "sepal width", "petal length", "petal width")
    assert iris.classes == ("setosa", "versicolor", "virginica")
    means = [iris.X[iris.labels == k].mean(axis=0) for k in range(3)]
    expected = [
        [5.006, 3.428, 1.462, 0.246],
        [5.936, 2.770, 4.260, 1.326],
        [6.588, 2.974, 5.552, 2.026],
    ]
    np.testing.assert_allclose(means, expected, rtol=1e-12)


def test_every_launch_below_65_degrees_did_damage() -> None:
    shuttle = load_challenger()
    assert shuttle.X.shape == (23, 1) and shuttle.features == ("temperature",)
    assert shuttle.labels[shuttle.X[:, 0] < 65].tolist() == [1, 1, 1, 1]
    assert shuttle.labels.sum() == 7


def test_each_call_gives_data_of_its_own() -> None:
    load_iris().X[:] = 0
    assert load_iris().X.min() > 0
