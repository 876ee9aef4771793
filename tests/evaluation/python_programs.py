"""Writes small tensor-free programs that end soon and mostly raise nothing."""

from __future__ import annotations

from random import Random

OPERATORS = ("+", "-", "*")
COMPARISONS = ("<", "<=", "==", "!=", ">", ">=")
WORDS = ("'a'", "'bc'", "''", "'x-y'", '"Q"')


class Writer:
    """One program: names are known by the kind of value they hold."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.lines: list[str] = []
        self.names: dict[str, list[str]] = {kind: [] for kind in ("int", "str", "list", "dict", "function", "object")}
        self.serial = 0

    def program(self, statements: int) -> str:
        for kind in ("int", "str", "list", "dict"):
            self.assign(kind, 0)
        for _ in range(statements):
            self.statement(0, 2)
        return "\n".join(self.lines) + "\n"

    def pick(self, *choices: str) -> str:
        return self.chance.choice(choices)

    def number(self, low: int, high: int) -> int:
        return self.chance.randint(low, high)

    def put(self, indent: int, line: str) -> None:
        self.lines.append("    " * indent + line)

    def fresh(self, prefix: str) -> str:
        self.serial += 1
        return f"{prefix}{self.serial}"

    def name(self, kind: str) -> str:
        return self.chance.choice(self.names[kind])

    # expressions

    def expression(self, kind: str, depth: int = 2) -> str:
        return str(getattr(self, f"_{kind}")(depth))

    def _int(self, depth: int) -> str:
        if depth <= 0 or self.chance.random() < 0.25:
            return self.name("int") if self.names["int"] and self.chance.random() < 0.7 else str(self.number(-3, 9))
        a, b = self._int(depth - 1), self._int(depth - 1)
        choices = [
            f"({a} {self.pick(*OPERATORS)} {b})",
            f"({a} // {self.number(1, 5)})",
            f"({a} % {self.number(2, 7)})",
            f"({a} if {self._bool(depth - 1)} else {b})",
            f"{self.pick('min', 'max')}({a}, {b})",
            f"abs({a})",
            f"len({self._list(depth - 1)})",
            f"sum({self._list(depth - 1)})",
            f"([{a}, {b}] + {self._list(depth - 1)})[{self.number(-2, 1)}]",
            f"{self._dict(depth - 1)}.get({self.pick(*WORDS)}, {a})",
            f"len({self._str(depth - 1)})",
            f"int({self._bool(depth - 1)})",
            f"(lambda u, v={b}: u - v)({a})",
            f"({a} or {b})",
            f"({a} and {b})",
            f"divmod({a}, {self.number(1, 4)})[{self.number(0, 1)}]",
            f"(({a}) ** 2 % 11)",
            f"(-{a})",
        ]
        if self.names["function"]:
            choices += [f"{self.name('function')}({a})"] * 3
        if self.names["object"]:
            held = self.name("object")
            choices += [f"{held}.size", f"{held}.grown({a})", f"{held}.twice"]
        return self.chance.choice(choices)

    def _bool(self, depth: int) -> str:
        a, b = self._int(depth - 1), self._int(depth - 1)
        if depth <= 0:
            return f"({a} {self.pick(*COMPARISONS)} {b})"
        return self.pick(
            f"({a} {self.pick(*COMPARISONS)} {b})",
            f"({a} < {b} <= {self._int(0)})",
            f"(not {self._bool(depth - 1)})",
            f"({self._bool(depth - 1)} {self.pick('and', 'or')} {self._bool(depth - 1)})",
            f"({a} in {self._list(depth - 1)})",
            f"({self.pick(*WORDS)} {self.pick('in', 'not in')} {self._dict(depth - 1)})",
            f"({self._str(depth - 1)} == {self._str(depth - 1)})",
            f"{self.pick('any', 'all')}(u > {a} for u in {self._list(depth - 1)})",
            f"isinstance({a}, {self.pick('int', 'str', '(int, list)')})",
            f"({self._list(depth - 1)} == {self._list(depth - 1)})",
            f"bool({self._list(depth - 1)})",
        )

    def _str(self, depth: int) -> str:
        if depth <= 0:
            return self.name("str") if self.names["str"] and self.chance.random() < 0.7 else self.pick(*WORDS)
        a, b, number = self._str(depth - 1), self._str(depth - 1), self._int(depth - 1)
        if "'" in number or '"' in number or "{" in number:
            number = str(self.number(-4, 12))
        return self.pick(
            f"({a} + {b})",
            f"f'{{{number}}}:{{{self.name('str')}}}'" if self.names["str"] else a,
            f"f'{{{number}:03d}}'",
            f"f'{{{number}!r:>4}}'",
            f"str({number})",
            f"{a}.upper()",
            f"({a} * {self.number(0, 2)})",
            f"{a}[::-1]",
            f"','.join(str(u) for u in {self._list(depth - 1)})",
            f"{a}.replace('a', 'b')",
            f"'%d/%s' % ({number}, {a})",
            f"'{{}}<{{}}'.format({a}, {number})",
            f"sorted([{a}, {b}])[0]",
        )

    def _list(self, depth: int) -> str:
        if depth <= 0:
            return self.name("list") if self.names["list"] and self.chance.random() < 0.7 else "[3, 1, 2]"
        xs, ys = self._list(depth - 1), self._list(depth - 1)
        return self.pick(
            f"[{self._int(depth - 1)}, {self._int(depth - 1)}]",
            f"[{self._with('u', depth - 1)} for u in {xs} if {self._int(depth - 2)} < u]",
            f"[u * w for u in {xs} for w in {ys}][:6]",
            f"list(range({self.number(0, 3)}, {self.number(0, 6)}, {self.number(1, 2)}))",
            f"sorted({xs}, reverse={self.pick('True', 'False')})",
            f"({xs} + {ys})[:6]",
            f"{xs}[{self.number(-2, 2)}:]",
            f"{xs}[::{self.pick('-1', '2', '-2')}]",
            f"[*{xs}, {self._int(depth - 1)}][:6]",
            f"list(map(lambda u: u + {self._int(depth - 1)}, {xs}))",
            f"[i * u for i, u in enumerate({xs}, {self.number(0, 2)})]",
            f"[u - w for u, w in zip({xs}, {ys})]",
            f"list({self._dict(depth - 1)}.values())",
            f"list(reversed({xs}))",
            f"list(filter(lambda u: u % 2, {xs}))",
            f"({xs} * 2)[:5]",
            f"list({{u: u for u in {xs}}})",
            f"list(dict.fromkeys({xs}))",
        )

    def _with(self, local: str, depth: int) -> str:
        return self.pick(local, f"({local} + {self._int(depth - 1)})", f"({local} * {local} % 13)")

    def _dict(self, depth: int) -> str:
        if depth <= 0:
            return self.name("dict") if self.names["dict"] and self.chance.random() < 0.7 else "{'a': 1, 'bc': 2}"
        return self.pick(
            f"{{{self.pick(*WORDS)}: {self._int(depth - 1)}, {self.pick(*WORDS)}: {self._int(depth - 1)}}}",
            f"{{str(u): u + 1 for u in {self._list(depth - 1)}}}",
            f"{{**{self._dict(depth - 1)}, {self.pick(*WORDS)}: {self._int(depth - 1)}}}",
            f"dict(zip('abc', {self._list(depth - 1)}))",
            f"{{k: v for k, v in {self._dict(depth - 1)}.items() if v != {self._int(depth - 1)}}}",
            f"dict(a={self._int(depth - 1)}, b={self._int(depth - 1)})",
            f"({self._dict(depth - 1)} | {self._dict(depth - 1)})",
        )

    # statements

    def statement(self, indent: int, depth: int) -> None:
        simple = [self.rebind, self.augment, self.unpack, self.change_list, self.change_dict]
        compound = [self.branch, self.loop, self.while_loop, self.attempt]
        at_top = [self.function, self.recursion, self.closure, self.classes, self.generator, self.variadic]
        choices = simple * 2 + (compound * 2 if depth > 0 else []) + (at_top if indent == 0 else [])
        self.chance.choice(choices)(indent, depth)

    def block(self, indent: int, depth: int) -> None:
        for _ in range(self.number(1, 2)):
            self.statement(indent, depth - 1)

    def assign(self, kind: str, indent: int) -> None:
        """Bind a name; only at the top level may it be a new one, so that names in branches are always bound."""
        value = self.expression(kind)
        new = indent == 0 and (not self.names[kind] or self.chance.random() < 0.4)
        name = self.fresh(kind[0]) if new else self.name(kind)
        bounded = {"int": f"({value}) % 97", "str": f"({value})[:9]", "list": f"({value})[:6]"}.get(kind, value)
        self.put(indent, f"{name} = {bounded}")
        if new:
            self.names[kind].append(name)

    def rebind(self, indent: int, depth: int) -> None:
        self.assign(self.pick("int", "int", "str", "list", "dict"), indent)

    def augment(self, indent: int, depth: int) -> None:
        self.put(indent, f"{self.name('int')} {self.pick('+=', '-=')} {self._int(1)}")

    def unpack(self, indent: int, depth: int) -> None:
        a, b, xs = self.name("int"), self.name("int"), self.name("list")
        self.put(indent, self.pick(
            f"{a}, {b} = {b}, ({a} + 1) % 50",
            f"{a}, *{xs} = [{self._int(1)}, *{self._list(1)}][:5]",
            f"*{xs}, {a} = {self._list(1)} + [{self._int(0)}]",
            f"({a}, ({b}, {xs})) = ({self._int(1)}, ({self._int(1)}, {self._list(1)}))",
            f"{a} = {b} = {self._int(1)} % 31",
            f"{xs} = [{a} := {self._int(1)} % 19, {a} + 1]",
        ))  # fmt: skip

    def change_list(self, indent: int, depth: int) -> None:
        xs = self.name("list")
        self.put(indent, self.pick(
            f"{xs}.append({self._int(1)})",
            f"{xs}.extend({self._list(1)})",
            f"{xs} += [{self._int(1)}]",
            f"{xs}.insert(0, {self._int(1)})",
            f"{self.name('int')} = {xs}.pop() if {xs} else {self._int(0)}",
            f"{xs}.sort()",
            f"{xs}.reverse()",
            f"{xs}[:1] = {self._list(1)}",
            f"{xs}[len({xs}):] = [{self._int(1)}]",
            f"del {xs}[3:]",
        ))  # fmt: skip
        self.put(indent, f"del {xs}[8:]")

    def change_dict(self, indent: int, depth: int) -> None:
        d = self.name("dict")
        self.put(indent, self.pick(
            f"{d}[{self.pick(*WORDS)}] = {self._int(1)}",
            f"{d}.update({self._dict(1)})",
            f"{d}.setdefault({self.pick(*WORDS)}, {self._int(1)})",
            f"{self.name('int')} = {d}.pop({self.pick(*WORDS)}, {self._int(0)})",
            f"{self.name('str')} = ''.join({d})[:5]",
            f"{self.name('list')} = [len(k) + v for k, v in {d}.items()][:5]",
        ))  # fmt: skip

    def branch(self, indent: int, depth: int) -> None:
        self.put(indent, f"if {self._bool(1)}:")
        self.block(indent + 1, depth)
        if self.chance.random() < 0.4:
            self.put(indent, f"elif {self._bool(1)}:")
            self.block(indent + 1, depth)
        if self.chance.random() < 0.6:
            self.put(indent, "else:")
            self.block(indent + 1, depth)

    def loop(self, indent: int, depth: int) -> None:
        item, count = self.fresh("e"), self.name("int")
        over = self.pick(
            f"{self._list(1)}[:5]", f"range({self.number(0, 5)})", f"list({self.name('dict')}.values())[:5]"
        )
        self.put(indent, f"for {item} in {over}:")
        self.put(indent + 1, f"{count} = ({count} + {item}) % 61")
        self._leave(indent + 1)
        self.block(indent + 1, depth)
        self._otherwise(indent, depth)

    def while_loop(self, indent: int, depth: int) -> None:
        rounds = self.fresh("w")
        self.put(indent, f"{rounds} = 0")
        self.put(indent, f"while {rounds} < {self.number(0, 5)}:")
        self.put(indent + 1, f"{rounds} += 1")
        self._leave(indent + 1)
        self.block(indent + 1, depth)
        self._otherwise(indent, depth)

    def _leave(self, indent: int) -> None:
        if self.chance.random() < 0.5:
            self.put(indent, f"if {self._bool(1)}:")
            self.put(indent + 1, self.pick("break", "continue"))

    def _otherwise(self, indent: int, depth: int) -> None:
        if self.chance.random() < 0.3:
            self.put(indent, "else:")
            self.block(indent + 1, depth)

    def attempt(self, indent: int, depth: int) -> None:
        failing = self.pick(
            f"{self.name('int')} = {self._int(1)} // {self._int(1)}",
            f"{self.name('int')} = {self.name('dict')}[{self.pick(*WORDS)}]",
            f"{self.name('int')} = {self.name('list')}[{self.number(-3, 4)}]",
            f"{self.name('int')} = int({self._str(1)})",
            f"raise {self.pick('ValueError', 'KeyError', 'IndexError')}({self._int(0)})",
        )
        self.put(indent, "try:")
        if self.chance.random() < 0.5:
            self.block(indent + 1, depth)
        self.put(indent + 1, failing)
        self.block(indent + 1, 0)
        caught = self.pick("(ZeroDivisionError, ValueError)", "LookupError", "KeyError")
        self.put(indent, f"except {caught}:")
        self.block(indent + 1, depth)
        self.put(indent, "except (ArithmeticError, LookupError, ValueError) as problem:")
        self.put(indent + 1, f"{self.name('str')} = 'caught'")
        if self.chance.random() < 0.3:
            self.put(indent, "else:")
            self.block(indent + 1, depth)
        if self.chance.random() < 0.3:
            self.put(indent, "finally:")
            self.block(indent + 1, 0)

    # definitions, at the top level; `x` is the argument of each function

    def function(self, indent: int, depth: int) -> None:
        name = self.fresh("f")
        self.put(0, f"def {name}(x, y={self._int(0)}, *, z=2):")
        self.put(1, "total = x - y")
        self.put(1, f"for step in range({self.number(0, 4)}):")
        self.put(2, f"if {self.pick('total > 20', 'step == 2', 'x < step')}:")
        self.put(3, self.pick("return total * z % 41", "break", "continue"))
        self.put(2, f"total += {self.pick('step', 'z', 'y * step')}")
        self.put(1, self.pick("return total % 29", "return total if total else z", "return (x, total, z)[x % 3]"))
        self.names["function"].append(name)

    def variadic(self, indent: int, depth: int) -> None:
        name, inner = self.fresh("f"), self.fresh("g")
        self.put(0, f"def {inner}(first, *rest, scale=1, **more):")
        self.put(1, "return (first + len(rest) * scale + sum(rest) + sum(more.values()) + len(more)) % 53")
        self.put(0, f"def {name}(x):")
        self.put(1, "return " + self.pick(
            f"{inner}(x)", f"{inner}(x, 1, *[x, 2], scale=3)", f"{inner}(x, **{{'scale': 2, 'extra': x}})",
            f"{inner}(*(x, x + 1), u=1, v=x)",
        ))  # fmt: skip
        self.names["function"].append(name)

    def recursion(self, indent: int, depth: int) -> None:
        name = self.fresh("f")
        self.put(0, f"def {name}(x, below={self.number(1, 5)}):")
        self.put(1, "if below <= 0:")
        self.put(2, self.pick("return x % 23", "return below - x % 7"))
        self.put(1, f"return {name}(x + below, below - 1) + {self.pick('below', '1', 'x % 3')}")
        self.names["function"].append(name)

    def closure(self, indent: int, depth: int) -> None:
        maker, name = self.fresh("make"), self.fresh("f")
        self.put(0, f"def {maker}(start):")
        self.put(1, "count = start")
        self.put(1, "def inner(x):")
        self.put(2, "nonlocal count")
        self.put(2, f"count = (count + {self.pick('1', 'x', 'start')}) % 37")
        self.put(2, "return count + x % 5")
        self.put(1, "return inner")
        self.put(0, f"{name} = {maker}({self._int(0)})")
        self.names["function"].append(name)

    def generator(self, indent: int, depth: int) -> None:
        made, name = self.fresh("gen"), self.fresh("f")
        self.put(0, f"def {made}(upto):")
        self.put(1, "for each in range(upto):")
        self.put(2, "if each == 3:")
        self.put(3, self.pick("return", "continue", "yield 7"))
        self.put(2, "yield each * 2")
        self.put(0, f"def {name}(x):")
        self.put(1, self.pick(f"return sum({made}(x % 6))", f"return len(list({made}(x % 6))) + x % 4"))
        self.names["function"].append(name)

    def classes(self, indent: int, depth: int) -> None:
        base, derived, name = self.fresh("Base"), self.fresh("Derived"), self.fresh("o")
        self.put(0, f"class {base}:")
        self.put(1, f"shared = {self.number(0, 4)}")
        self.put(1, "def __init__(self, size, extra=1):")
        self.put(2, "self.size = size % 43")
        self.put(2, "self.extra = extra")
        self.put(1, "def grown(self, by):")
        if self.chance.random() < 0.5:
            self.put(2, "self.size = (self.size + by) % 43")
        self.put(2, "return self.size + by % 9")
        self.put(1, "@property")
        self.put(1, "def twice(self):")
        self.put(2, "return 2 * self.size + self.shared")
        self.put(1, "@staticmethod")
        self.put(1, "def plain(n):")
        self.put(2, "return n % 4")
        self.put(1, "@classmethod")
        self.put(1, "def default(cls):")
        self.put(2, "return cls(cls.plain(7))")
        self.put(0, f"class {derived}({base}):")
        self.put(1, self.pick("shared = 5", "other = 3"))
        self.put(1, "def __init__(self, size):")
        self.put(2, "super().__init__(size + 1, extra=[size])")
        self.put(1, "def grown(self, by):")
        self.put(2, f"return {self.pick('super().grown(by)', 'self.twice')} + len(self.extra)")
        self.put(0, f"{name} = {self.pick(base, derived)}({self._int(1)})")
        self.put(0, f"{self.name('int')} = {derived}.default().size + {base}.plain({self._int(0)})")
        self.names["object"].append(name)
