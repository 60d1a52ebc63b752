"""The examples, as far as they can be looked at without ROS."""

import runpy
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
STANDIN = TOP / "harness/inside/standin/ros/lib/python"


@pytest.mark.parametrize("file", sorted((TOP / "examples/my_robot/launch").iterdir()), ids=lambda file: file.name)
def test_a_number_that_is_given_without_a_point_is_a_float_all_the_same(monkeypatch, file):
    """The nodes declare floats, and ROS takes an integer for another type."""
    monkeypatch.syspath_prepend(STANDIN)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    entities = runpy.run_path(file)["generate_launch_description"]().entities
    nodes = [entity for entity in entities if hasattr(entity, "executable")]
    values = [value for node in nodes for parameters in node.parameters for value in parameters.values()]
    assert nodes and all(float in (type(value), getattr(value, "value_type", None)) for value in values), values
