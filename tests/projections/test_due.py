"""The queue of a sweep in memory: each stream once, earliest first, and what is not put again stays due."""

from datetime import date

from indsats.projections.due import HeapQueue

FIRST, SECOND, THIRD = (date(2017, 1, day) for day in (1, 2, 3))


def test_a_stream_whose_day_went_and_came_back_is_due_once() -> None:
    queue = HeapQueue()
    for day in (FIRST, SECOND, FIRST):
        queue.put("s1", day, FIRST)
    assert list(queue.due(THIRD)) == [("s1", FIRST)]
    assert list(queue.due(THIRD)) == [("s1", FIRST)], "nobody put it again"


def test_the_earliest_comes_first_and_what_lies_ahead_waits() -> None:
    queue = HeapQueue()
    for stream, day in (("s3", THIRD), ("s2", SECOND), ("s1", FIRST)):
        queue.put(stream, day, FIRST)
    assert list(queue.due(SECOND)) == [("s1", FIRST), ("s2", SECOND)]
    queue.put("s1", None, SECOND)
    queue.put("s2", THIRD, SECOND)
    assert queue.day_of("s1") is None
    assert sorted(queue.due(THIRD)) == [("s2", THIRD), ("s3", THIRD)]
