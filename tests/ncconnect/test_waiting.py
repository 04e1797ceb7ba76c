"""Waiting in line: in order, for a time, and never too many. Shown with real threads."""

import threading

import pytest

from ncconnect import waiting
from ncconnect.waiting import Crowded, Turns

LONG = 30.0  # seconds that no test comes near: what is waited for here is called


class Crowd:
    """Threads that want a turn each; they keep it until they are told to leave."""

    def __init__(self, turns: Turns):
        self.turns = turns
        self.served: list[str] = []
        self.refused: list[str] = []
        self.leave: dict[str, threading.Event] = {}
        self.threads: dict[str, threading.Thread] = {}
        self.came = threading.Condition()

    def wants(self, name: str, *, again: bool = False) -> None:
        """Returns once this one is served, refused or in the line."""
        self.leave[name] = threading.Event()
        before = self.turns.length
        thread = threading.Thread(target=self._run, args=(name, again))
        self.threads[name] = thread
        thread.start()
        self.until(lambda: name in self.served + self.refused or self.turns.length > before)

    def _run(self, name: str, again: bool) -> None:
        try:
            thing = self.turns.take_again() if again else self.turns.take()
        except Crowded:
            self._tell(self.refused, name)
            return
        self._tell(self.served, name)
        self.leave[name].wait(LONG)
        self.turns.give_back(thing)

    def _tell(self, those: list[str], name: str) -> None:
        with self.came:
            those.append(name)
            self.came.notify_all()

    def until(self, condition) -> None:
        with self.came:
            while not condition():
                self.came.wait(0.01)

    def leaves(self, name: str) -> None:
        self.leave[name].set()
        self.threads[name].join(LONG)

    def all_leave(self) -> None:
        for name in self.threads:
            self.leaves(name)


@pytest.fixture
def crowd():
    crowds = []

    def of(size: int, *, most: int = 10, patience: float = LONG) -> Crowd:
        crowds.append(Crowd(Turns(range(size), waiting=most, patience=patience)))
        return crowds[-1]

    yield of
    for each in crowds:
        each.all_leave()


def test_the_first_who_came_is_the_first_served(crowd):
    people = crowd(1)
    for name in ("a", "b", "c", "d"):
        people.wants(name)
    assert people.served == ["a"]
    for number, name in enumerate(("a", "b", "c"), 2):
        people.leaves(name)
        people.until(lambda number=number: len(people.served) == number)
    assert people.served == ["a", "b", "c", "d"]


def test_so_many_are_served_at_once_and_no_more(crowd):
    people = crowd(3)
    for name in ("a", "b", "c", "d"):
        people.wants(name)
    assert people.served == ["a", "b", "c"]
    assert people.turns.length == 1


def test_a_line_that_is_full_refuses_the_next_one_only(crowd):
    people = crowd(1, most=2)
    for name in ("a", "b", "c", "d"):
        people.wants(name)
    assert people.refused == ["d"]
    people.all_leave()
    assert people.served == ["a", "b", "c"]


def test_who_has_waited_long_enough_is_told_so_and_takes_nobodys_turn(crowd):
    people = crowd(1, patience=0.01)
    people.wants("a")
    people.wants("b")
    people.until(lambda: people.refused)
    assert people.refused == ["b"]
    assert people.turns.length == 0
    people.leaves("a")
    people.wants("c")
    assert people.served == ["a", "c"]


def test_who_was_served_before_comes_before_those_who_were_not(crowd):
    people = crowd(1, most=1)
    people.wants("a")
    people.wants("b")
    people.wants("returning", again=True)  # though the line is full
    people.leaves("a")
    people.until(lambda: len(people.served) == 2)
    assert people.served == ["a", "returning"]
    people.leaves("returning")
    people.until(lambda: len(people.served) == 3)
    assert people.served == ["a", "returning", "b"]


def test_each_thing_is_held_by_one_at_a_time():
    turns, held, problems = Turns("xyz", waiting=100, patience=LONG), set(), []

    def use() -> None:
        for _ in range(200):
            with turns.one() as thing:
                if thing in held:
                    problems.append(thing)
                held.add(thing)
                held.remove(thing)

    threads = [threading.Thread(target=use) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert sorted(turns.take() for _ in range(3)) == ["x", "y", "z"]


def test_a_fault_while_being_served_gives_the_thing_back():
    turns = Turns("x", waiting=0, patience=0)
    with pytest.raises(ZeroDivisionError), turns.one():
        raise ZeroDivisionError
    assert turns.take() == "x"


def test_whatever_waits_threads_are_left_for_probes():
    """Each who waits holds a thread; one who was served and hashes comes back to a seat."""
    seats, hashes = 8, 2
    everybody = seats + waiting.REQUESTS + waiting.BODIES + hashes + waiting.HASHES
    assert waiting.threads(seats, hashes) - everybody == waiting.PROBES > 0
