"""What a drill claims, and whether it was so."""

import sys
import threading
from dataclasses import dataclass, field

_SHOWN_MAX = 12


@dataclass(slots=True)
class Findings:
    """Counts what held, and keeps what did not; threads share it."""

    held: int = 0
    broken: list[str] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def expect(self, is_so: bool, claim: str) -> bool:
        """Note a claim; a broken one is told at once, and does not stop the drill."""
        with self._lock:
            if is_so:
                self.held += 1
            else:
                self.broken.append(claim)
                if len(self.broken) <= _SHOWN_MAX:
                    print(f"  BROKEN {claim}", file=sys.stderr, flush=True)
        return is_so

    def measured(self, text: str) -> None:
        """Note a number that nobody promised."""
        with self._lock:
            self.measures.append(text)

    def report(self, name: str) -> str:
        """What this drill says, as lines."""
        head = f"{name}: {self.held} held, {len(self.broken)} broken"
        more = len(self.broken) - _SHOWN_MAX
        lines = [f"  {text}" for text in self.measures]
        lines += [f"  ... and {more} more broken"] if more > 0 else []
        return "\n".join([head, *lines])
