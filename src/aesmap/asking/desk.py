"""What the page of `aesmap taste ask` works at: a pair, its answer, the next; and the taste."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from aesmap.asking.looking import Looking
from aesmap.errors import TasteError, UsageError
from aesmap.model.manifest import Manifest
from aesmap.model.taste import write_taste
from aesmap.results.row_text import path_to_text
from aesmap.review.pictures import KeptPictures
from aesmap.review.shoot import Shoot
from aesmap.review.state_place import FileLock
from aesmap.taste.learn import Learned
from aesmap.taste.learn_pairs import learn_pairs
from aesmap.taste.pair_choice import NextPair, next_pair
from aesmap.taste.pair_file import Choice, PairAnswer, PairFile
from aesmap.taste.pair_measure import Answered, StopDecision, measure_pairs, stop_decision
from aesmap.taste.words import held_out_line, not_yet

_VALUE: Final[dict[Choice, float]] = {"left": 1.0, "right": 0.0, "tie": 0.5}


@dataclass(frozen=True)
class AskRequest:
    """What is asked about, and what becomes of it: the options under their own names."""

    folder: Path
    output: Path
    recursive: bool = True
    state: Path | None = None
    workers: int | None = None
    seed: int = 0
    anyway: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of the answers: ``line`` says it, ``is_written`` whether there is a taste."""

    line: str
    is_written: bool


@dataclass
class AskDesk:
    """Of several threads, one after the other.

    ``names`` are the photographs that are asked about, of those of the shoot.
    """

    request: AskRequest
    manifest: Manifest
    shoot: Shoot
    names: list[str]
    file: PairFile
    pictures: KeptPictures
    looking: Looking
    lock: FileLock
    note: str = ""
    _turn: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _pair: tuple[str, str, bool] | None = None
    _answers: list[PairAnswer] = field(default_factory=list, repr=False)
    _decision: StopDecision = "go on"
    _outcome: Outcome | None = None

    def __post_init__(self) -> None:
        self._answers = self.file.all()

    @property
    def num_answers(self) -> int:
        """How many answers there are that say something."""
        return sum(one.choice != "skip" for one in self._answers)

    def state(self) -> dict[str, Any]:
        """Everything that the page shows."""
        with self._turn:
            pair = self._asked()
            choices = [one.choice for one in self._answers]
            return {
                "title": self.shoot.root.name or str(self.shoot.root),
                "note": self.note,
                "photographs": len(self.names),
                "looking": self.looking.progress() | {"ready": self.looking.pool is not None},
                "answers": self.num_answers,
                "ties": choices.count("tie"),
                "skipped": choices.count("skip"),
                "number": len(choices),
                "pair": None if pair is None else [self._told(pair[0]), self._told(pair[1])],
                "decision": self._decision,
                "outcome": None
                if self._outcome is None
                else {"line": self._outcome.line, "written": self._outcome.is_written},
                "output": str(self.request.output),
            }

    def answer(self, number: int, choice: Choice) -> dict[str, Any]:
        """Keep an answer, and say what is asked next.

        Parameters
        ----------
        number
            How many answers the page knew of: an answer to another pair than the one that is asked
            is not one.
        choice
            What was chosen.

        Raises
        ------
        UsageError
            If another pair is asked by now.
        OutputError
            If it cannot be kept: the same pair is asked again.
        """
        with self._turn:
            pair = self._asked()
            if pair is None or number != len(self._answers):
                raise UsageError("another pair is asked by now; load the page again")
            kept = PairAnswer(pair[0], pair[1], choice, pair[2])
            self.file.add(kept)
            self._answers.append(kept)
            self._pair, self._outcome = None, None
            self._look(kept)
            return self.state()

    def undo(self) -> dict[str, Any]:
        """Take the last answer back, and ask about that pair again."""
        with self._turn:
            if self._answers:
                last = self._answers[-1]
                self.file.undo()
                self._answers.pop()
                self._pair = (last.left, last.right, last.at_random)
                self._decision, self._outcome = "go on", None
            return self.state()

    def finish(self) -> Outcome:
        """Learn from all answers, and write the taste if it is better than the crowd's judge.

        Raises
        ------
        TasteError
            If there is too little to learn from.
        OutputError
            If it cannot be written.
        """
        with self._turn:
            if self._outcome is None:
                self._outcome = self._finished()
            return self._outcome

    def close(self) -> None:
        """Let everything go; answers are kept already."""
        self.looking.close()
        self.file.close()
        self.lock.release()

    # Inside

    def _finished(self) -> Outcome:
        pool = self.looking.pool
        if pool is None:
            problem = self.looking.progress()["problem"]
            raise TasteError(
                problem
                or "the photographs have not all been looked at; go on with the same command"
            )
        learned: Learned = learn_pairs(
            pool, self._answered(), self.manifest, seed=self.request.seed
        )
        line = held_out_line(learned.taste)
        if not (learned.held_out.has_learned or self.request.anyway):
            return Outcome(f"{line}; {not_yet(learned.more, 'answers')}", is_written=False)
        output = self.request.output
        write_taste(learned.taste, output)
        return Outcome(f"{line}; {output}: taste {learned.taste.taste_id}", is_written=True)

    def _look(self, last: PairAnswer) -> None:
        """Ask the rule, after an answer that it goes by; at its word, finish."""
        self._decision = "go on"
        pool = self.looking.pool
        if pool is None or not last.at_random or last.choice not in ("left", "right"):
            return
        answered = self._answered()
        held_out = measure_pairs(pool.positions, pool.groups, answered, seed=self.request.seed)
        self._decision = stop_decision(held_out)
        if self._decision != "go on":
            self.finish()

    def _answered(self) -> Answered:
        """What was answered, by the numbers of the pool; of photographs that are gone, nothing."""
        paths = self._known_paths()
        numbers = {path: number for number, path in enumerate(paths)}
        first, second, answers, is_random = [], [], [], []
        for one in self._answers:
            left = numbers.get(self._path(one.left))
            right = numbers.get(self._path(one.right))
            if one.choice == "skip" or left is None or right is None:
                continue
            first.append(left)
            second.append(right)
            answers.append(_VALUE[one.choice])
            is_random.append(one.at_random)
        return Answered(
            np.array(first, dtype=np.intp),
            np.array(second, dtype=np.intp),
            np.array(answers, dtype=np.float64),
            np.array(is_random, dtype=bool),
        )

    def _asked(self) -> tuple[str, str, bool] | None:
        """The pair that is asked now: names, and whether it was drawn at random."""
        if self._pair is not None:
            return self._pair
        pool = self.looking.pool
        rng = np.random.default_rng([self.request.seed, len(self._answers)])
        groups = np.arange(len(self.names)) if pool is None else pool.groups
        positions = None if pool is None else pool.positions
        found: NextPair | None = next_pair(positions, groups, self._answered(), rng)
        if found is None:
            return None
        names = self.names if pool is None else [self._name(path) for path in pool.paths]
        self._pair = (names[found.first], names[found.second], found.is_random)
        return self._pair

    def _known_paths(self) -> list[str]:
        pool = self.looking.pool
        return [self._path(name) for name in self.names] if pool is None else pool.paths

    def _path(self, name: str) -> str:
        return str(self.shoot.root / name)

    def _name(self, path: str) -> str:
        return Path(path).relative_to(self.shoot.root).as_posix()

    def _told(self, name: str) -> dict[str, Any]:
        number = self.shoot.number(name)
        version = "" if number is None else self.shoot.fingerprint(number)
        return {"id": number, "name": path_to_text(name), "version": version}
