"""What a reader solves: each exercise is judged while somebody writes, or by its `.judge`."""

from derivlib.display.exercises.answer import Answer
from derivlib.display.exercises.exercise import Exercise
from derivlib.display.exercises.fill_lines import FillLines
from derivlib.display.exercises.give_number import GiveNumber
from derivlib.display.exercises.write_numpy import WriteNumPy

__all__ = ["Answer", "Exercise", "FillLines", "GiveNumber", "WriteNumPy"]
