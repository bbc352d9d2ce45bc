"""The grammar of filters: `lr < 0.1 and (model in [mlp, cnn] or not tags contains x)`.

    expr  := and ('or' and)*            and := not ('and' not)*
    not   := 'not' not | '(' expr ')' | test
    test  := name op value | name ['not'] 'in' list | name ('contains' | '~') value
           | name 'is' ['not'] ('defined' | 'none' | 'true' | 'false') | text
    op    := '=' | '==' | '!=' | '<' | '<=' | '>' | '>='
    value := word | "text" | 'text'     list := '[' value, … ']'

Reading never evaluates anything: the result is a tree of frozen values.
"""

import re
from typing import Final, NamedTuple, NoReturn

from forge._text import visible
from forge.browse.expression import (
    KEYWORDS,
    SECTIONS,
    STATISTICS,
    WORD,
    Among,
    Compare,
    Conjunction,
    Contains,
    Defined,
    Disjunction,
    Expression,
    Kind,
    Name,
    Negation,
    Value,
    Words,
    name_of,
    value_of,
)
from forge.errors import ForgeError


#: Longer filters are a mistake, or meant to take long.
_LONGEST: Final = 4_096

#: So many parentheses and `not` may be open at once.
_DEEPEST: Final = 50

_SIGNS: Final = frozenset({"=", "==", "!=", "<", "<=", ">", ">="})

_TOKEN: Final = re.compile(
    rf"""
    (?P<space>\s+)
  | (?P<sign>==|!=|<=|>=|[=<>~()\[\],])
  | (?P<path>(?:{"|".join(SECTIONS)})\."(?:[^"\\]|\\.)*"(?:\.(?:{"|".join(STATISTICS)})
        (?![^\s"'()\[\],=!<>~]))?)
  | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<word>{WORD})
    """,
    re.VERBOSE | re.DOTALL,
)


class _Token(NamedTuple):
    """One sign, word or quoted text."""

    kind: str
    text: str
    column: int

    def is_word(self, *words: str) -> bool:
        """Tell whether it is one of some keywords."""
        return self.kind == "word" and self.text.lower() in words

    def is_sign(self, *signs: str) -> bool:
        """Tell whether it is one of some signs."""
        return self.kind == "sign" and self.text in signs


def parse(text: str) -> Expression:
    """Read a filter.

    Args:
        text: The filter.

    Returns:
        What it says.

    Raises:
        ForgeError: `bad-filter`, with the column where it cannot be understood.
    """
    if len(text) > _LONGEST:
        raise ForgeError(
            "bad-filter",
            f"the filter has {len(text):,} characters; {_LONGEST:,} are read.",
            column=_LONGEST + 1,
        )
    return _Parser(text).whole()


class _Parser:
    """Takes the tokens of one filter one by one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split()
        self._at = 0
        self._depth = 0

    def whole(self) -> Expression:
        """Read all of it."""
        found = self._either()
        if self._next.kind != "end":
            self._fail("expected 'and', 'or' or the end")
        return found

    @property
    def _next(self) -> _Token:
        """The token that is not taken yet."""
        return self._tokens[self._at]

    def _take(self) -> _Token:
        """Take the next token."""
        token = self._next
        self._at += token.kind != "end"
        return token

    def _split(self) -> list[_Token]:
        """Divide the text into tokens."""
        tokens = []
        at = 0
        while at < len(self._text):
            match = _TOKEN.match(self._text, at)
            if match is None:
                quote = self._text[at] in "\"'"
                what = "this quote is not closed" if quote else "this means nothing"
                self._fail(what, column=at)
            if match.lastgroup != "space":
                tokens.append(_Token(str(match.lastgroup), match[0], at))
            at = match.end()
        return [*tokens, _Token("end", "", len(self._text))]

    def _either(self) -> Expression:
        """`… or …`."""
        parts = [self._both()]
        while self._next.is_word("or"):
            self._take()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Disjunction(tuple(parts))

    def _both(self) -> Expression:
        """`… and …`."""
        parts = [self._negated()]
        while self._next.is_word("and"):
            self._take()
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else Conjunction(tuple(parts))

    def _negated(self) -> Expression:
        """`not …`, a filter in parentheses, or a single test."""
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail("it is nested too deeply")
        found: Expression
        if self._next.is_word("not"):
            self._take()
            found = Negation(self._negated())
        elif self._next.is_sign("("):
            self._take()
            found = self._either()
            self._expect(")")
        else:
            found = self._test()
        self._depth -= 1
        return found

    def _test(self) -> Expression:
        """A single test, or text that is looked for."""
        token = self._take()
        if token.kind not in ("word", "text", "path") or token.is_word(*KEYWORDS):
            self._fail("expected a name, a text or '('", column=token.column)
        following = self._next
        if following.is_sign(*_SIGNS):
            self._take()
            sign = "==" if following.text == "=" else following.text
            return Compare(self._name(token), sign, self._operand(sign))
        if following.is_sign("~") or following.is_word("contains"):
            self._take()
            return Contains(self._name(token), self._value())
        if following.is_word("in", "not"):
            negated = self._take().is_word("not")
            if negated and not self._take().is_word("in"):
                self._at -= 1
                self._fail("expected 'in' after 'not'")
            return Among(self._name(token), self._list(), negated)
        if following.is_word("is"):
            return self._defined(self._name(token))
        if token.kind == "path":
            self._fail("expected a comparison, such as == 3 or 'is defined'")
        return Words(_unquoted(token))

    def _defined(self, name: Name) -> Expression:
        """`… is not defined`, `… is none`."""
        self._take()
        negated = self._next.is_word("not")
        if negated:
            self._take()
        token = self._next
        if token.is_word("none", "null", "true", "false"):
            # As one writes it in Python.
            return Compare(name, "!=" if negated else "==", self._value())
        if not token.is_word("defined"):
            self._fail("expected 'defined'")
        self._take()
        return Defined(name, negated)

    def _operand(self, sign: str) -> Value | tuple[Value, ...]:
        """A value, or a list that is compared as a whole."""
        if sign in ("==", "!=") and self._next.is_sign("["):
            return self._list()
        return self._value()

    def _value(self) -> Value:
        """One value."""
        token = self._take()
        if token.kind == "text":
            return Value(Kind.TEXT, _unquoted(token))
        if token.kind != "word" or token.is_word(*KEYWORDS):
            self._fail("expected a value", column=token.column)
        return value_of(token.text)

    def _list(self) -> tuple[Value, ...]:
        """Values in brackets."""
        self._expect("[")
        values: list[Value] = []
        while not self._next.is_sign("]"):
            if values:
                self._expect(",")
            values.append(self._value())
        self._take()
        return tuple(values)

    def _name(self, token: _Token) -> Name:
        """Take the name of what is tested apart."""
        if token.kind == "word":
            return name_of(token.text)
        if token.kind == "text":
            return Name("", _unquoted(token))
        section, _, rest = token.text.partition(".")
        name, _, end = rest.rpartition('"')
        if end and section != "summary":
            self._fail("only a metric has statistics", column=token.column)
        return Name(section, _unescaped(name[1:]), end[1:])

    def _expect(self, sign: str) -> None:
        """Take a sign that has to come."""
        if not self._next.is_sign(sign):
            self._fail(f"expected '{sign}'")
        self._take()

    def _fail(self, what: str, *, column: int | None = None) -> NoReturn:
        """Refuse the filter."""
        at = self._next.column if column is None else column
        before = visible(self._text[:at])
        shown = before + visible(self._text[at:])
        if not shown.strip():
            raise ForgeError("bad-filter", "the filter is empty.", column=at + 1)
        raise ForgeError(
            "bad-filter",
            f"the filter cannot be read at column {at + 1}: {what}.\n"
            f"  {shown}\n  {' ' * len(before)}^",
            column=at + 1,
            filter=self._text,
        )


def _unquoted(token: _Token) -> str:
    """Take the quotes off a token that has them."""
    return _unescaped(token.text[1:-1]) if token.kind == "text" else token.text


def _unescaped(text: str) -> str:
    """Replace what stands for a quote or a backslash."""
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
