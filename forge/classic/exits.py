"""How a script ends that has no `main()`: what it raised, and what it leaves open."""

import atexit
import sys
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, NoReturn

from forge.classic.spaces import main_code, main_file
from forge.errors import ForgeError, Interrupt, block


_MISTAKE: Final = 2
_CTRL_C: Final = 130


class Exits:
    """Sees the process end, and tells the run that is under way.

    Python calls `excepthook` for an exception that nobody caught, but tells nobody of
    an exit status; so `sys.exit` is watched too, while there is a run.
    """

    def __init__(self) -> None:
        self._before: Callable[..., Any] | None = None
        self._exit: Callable[..., Any] | None = None
        self._end: Callable[[BaseException | None], None] | None = None
        self._is_script = False
        self._raised: BaseException | None = None
        self._code: tuple[object] | None = None
        self._asked: weakref.ref[_Exit] | None = None

    def install(self) -> None:
        """Show mistakes that Forge refuses as texts, with exit status 2."""
        if self._before is None:
            # Asked now: at the end, the script has no file any more.
            self._is_script = main_file() is not None
            self._before = sys.excepthook
            sys.excepthook = self._hook
            atexit.register(self._at_exit)

    def watch(self, end: Callable[[BaseException | None], None]) -> None:
        """Have a function called once at the end of the process.

        Args:
            end: Takes what ended it; None where all is well.
        """
        self.install()
        self._end = end
        if self._exit is None:
            self._exit = sys.exit
            sys.exit = self._leave

    def forget(self) -> None:
        """Let what was to be called at the end be; it has been called."""
        self._end = None
        if self._exit is not None and sys.exit == self._leave:
            sys.exit = self._exit
            self._exit = None

    def _leave(self, status: Any = None, /) -> NoReturn:
        """Do what `sys.exit` does, and remember the status."""
        error = _Exit(status)
        self._code = (status,)
        self._asked = weakref.ref(error, self._caught)
        try:
            raise error
        finally:
            # Its traceback leads here; a way back would keep it.
            del error

    def _caught(self, reference: object) -> None:
        """Forget a status whose exception is gone while the script goes on."""
        if main_code() is not None and reference is self._asked:
            self._code = None

    def _hook(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        """Show what nobody caught, and end the run with it."""
        self._raised = error
        refused = isinstance(error, ForgeError)
        if not refused and self._before is not None:
            self._before(kind, error, trace)
        elif not isinstance(error, Interrupt):
            print(self._text(error), file=sys.stderr)  # noqa: T201 - what hooks do
        self._finish(error)
        # The only way to a status from here.
        if isinstance(error, KeyboardInterrupt):
            raise SystemExit(_CTRL_C)
        if refused:
            raise SystemExit(0 if isinstance(error, Interrupt) else _MISTAKE)

    def _text(self, error: Any) -> str:
        """Say what was refused; inside a run also where."""
        if self._end is None:
            return block(error)
        from forge.run.tracebacks import last_user_line  # noqa: PLC0415

        return block(error) + last_user_line(error)

    def _at_exit(self) -> None:
        """End the run with whatever ended the process."""
        error = self._raised
        if error is None and self._code is not None and self._code != (None,):
            error = SystemExit(*self._code)
        if error is None and self._is_script:
            # Some other hook took ours out, and saw it. In a notebook, errors of
            # cells are there too, and have ended nothing.
            error = getattr(sys, "last_value", None)
        self._finish(error)

    def _finish(self, error: BaseException | None) -> None:
        """Call what is to be called at the end, once."""
        end, self._end = self._end, None
        if end is not None:
            end(error)


class _Exit(SystemExit):
    """An exit that can be seen to be caught."""


#: The one of the process.
EXITS: Final = Exits()
