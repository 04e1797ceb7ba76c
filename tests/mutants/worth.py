"""Which of cosmic-ray's mutants are tried. The others mean nothing, each kind for its reason."""

import ast
from collections.abc import Iterator

# One other operator for each: the ten others mostly end in a TypeError, which any test sees.
BINARY = {
    "Add": "Sub", "Sub": "Add", "Mul": "Div", "Div": "Mul", "FloorDiv": "Mul", "Mod": "Mul",
    "Pow": "Mul", "BitOr": "BitAnd", "BitAnd": "BitOr", "BitXor": "BitAnd",
    "LShift": "RShift", "RShift": "LShift",
}  # fmt: skip
# What `is` and `==` are asked about here is None, a boolean, a member of an enumeration.
SAME = {"Eq_Is", "Is_Eq", "NotEq_IsNot", "IsNot_NotEq"}
REMEMBERED = {"cache", "lru_cache"}  # the answer is the same, only later
SHAPE = {"dataclass", "define"}  # frozen, slots: nobody writes to them


def means_something(spec, source: str, places: list[tuple]) -> bool:
    """Whether the program can answer otherwise with this mutation (a MutationSpec)."""
    (row, _), (_, end) = spec.start_pos, spec.end_pos
    if "_Mul_" in spec.operator_name and source.split("\n")[row - 1][end : end + 1] != " ":
        return False  # the star of `f(*, named)` or `f(*values)`: a product has spaces around it
    name = spec.operator_name.removeprefix("core/")
    kind, _, change = name.partition("_")
    if kind == "ReplaceBinaryOperator":
        former, _, new = change.partition("_")
        if BINARY.get(former) != new:
            return False
    if change in SAME:
        return False
    return not any(start <= spec.start_pos and spec.end_pos <= end for start, end in places)


def meaningless_places(source: str) -> list[tuple]:
    """From where to where: annotations, texts of the log, what is remembered, shapes."""
    tree = ast.parse(source)
    decorators = [
        decorator
        for node in ast.walk(tree)
        for decorator in getattr(node, "decorator_list", ())
        if _name(decorator) in REMEMBERED
    ]
    whole = [((each.lineno, 0), (each.end_lineno + 1, 0)) for each in decorators]
    return whole + [_extent(node) for node in _meaningless(tree)]


def _meaningless(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from filter(None, [node.returns])
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
            yield node.annotation
        if isinstance(node, ast.Call) and _is_log(node.func):
            yield from node.args
        for decorator in getattr(node, "decorator_list", ()):
            yield from _of_decorator(decorator)


def _is_log(function: ast.AST) -> bool:
    return isinstance(function, ast.Attribute) and getattr(function.value, "id", "") in {
        "logger", "log", "_log", "_logger",
    }  # fmt: skip


def _of_decorator(decorator: ast.AST) -> Iterator[ast.AST]:
    if _name(decorator) in SHAPE and isinstance(decorator, ast.Call):
        yield from (keyword.value for keyword in decorator.keywords)


def _name(decorator: ast.AST) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _extent(node: ast.AST) -> tuple:
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def statement(source: str, line: int) -> set[int]:
    """The lines of the innermost statement around this one; of a block, its head alone."""
    found = {line}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt | ast.excepthandler) and node.lineno <= line:
            body = getattr(node, "body", None) or getattr(node, "cases", None)
            end = max(node.lineno, _first_line(body[0]) - 1) if body else node.end_lineno
            if line <= end:
                found = set(range(node.lineno, end + 1))
    return found


def _first_line(node: ast.AST) -> int:
    decorators = getattr(node, "decorator_list", ())
    return min([node.lineno, *(each.lineno for each in decorators)] if hasattr(node, "lineno") else
               [node.pattern.lineno])  # fmt: skip
