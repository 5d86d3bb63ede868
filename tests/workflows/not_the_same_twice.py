"""Reads code that workflows run for what differs in a second run: clocks, dice, input and output, order of sets.

Temporal's sandbox does not look into modules that it passes through, as it does all of ours.
"""

import ast
from collections.abc import Iterable, Iterator

MODULES = {
    *("time", "random", "secrets", "uuid", "os", "sys", "io", "socket", "ssl", "subprocess", "tempfile", "shutil"),
    *("glob", "pathlib", "threading", "multiprocessing", "concurrent", "queue", "signal", "logging", "httpx"),
    *("requests", "sqlalchemy", "psycopg", "fastapi", "settings", "logs"),
}
NAMES = {"open", "input", "print", "hash", "id", "eval", "exec", "__import__"}
CALLS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("asyncio.wait", "asyncio.as_completed", "asyncio.to_thread", "asyncio.run", "asyncio.open_connection"),
}
"""`workflow.wait` and `workflow.as_completed` hear in the order of their arguments, asyncio's in that of a set."""

_ORDER_DOES_NOT_MATTER = {"sorted", "set", "frozenset", "len", "any", "all", "sum", "min", "max"}
_SETS = {"set", "frozenset", "Set", "AbstractSet", "MutableSet"}


def faults(source: str) -> list[str]:
    """Name each line with what may not be there, as `12: asyncio.wait`, but for the order of sets."""
    tree = ast.parse(source)
    return [f"{line}: {what}" for line, what in sorted([*_modules(tree), *_names(tree)])]


def orders_of_sets(source: str) -> list[str]:
    """Name each line that takes what is in a set in its own order, which differs from process to process."""
    return [f"{line}: {what}" for line, what in sorted(_sets(ast.parse(source)))]


def _modules(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, each.name) for each in names if _is_of(each.name, MODULES))
            case ast.ImportFrom(module=str(name)) if _is_of(name, MODULES):
                yield node.lineno, name


def _is_of(module: str, packages: set[str]) -> bool:
    return module.partition(".")[0] in packages


def _names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES:
            yield node.lineno, node.func.id
        if isinstance(node, ast.Attribute) and ast.unparse(node) in CALLS:
            yield node.lineno, ast.unparse(node)


def _sets(tree: ast.AST) -> Iterator[tuple[int, str]]:
    known = _named_sets(tree)
    for taken, of in _taken_in_order(tree):
        if _is_set(of, known):
            yield taken.lineno, f"the order of the set {ast.unparse(of)}"


def _taken_in_order(tree: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    whatever_order = _generators_of_whatever_order(tree)
    for node in ast.walk(tree):
        match node:
            case ast.For(iter=taken) | ast.Starred(value=taken):
                yield taken, taken
            case ast.ListComp() | ast.DictComp() | ast.GeneratorExp() if node not in whatever_order:
                yield from ((each.iter, each.iter) for each in node.generators)
            case ast.Call(func=ast.Name(id="list" | "tuple" | "next" | "iter" | "enumerate" | "zip"), args=arguments):
                yield from ((node, each) for each in arguments)
            case ast.Call(func=ast.Attribute(attr="join"), args=[joined]):
                yield node, joined


def _generators_of_whatever_order(tree: ast.AST) -> set[ast.AST]:
    return {
        argument
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ORDER_DOES_NOT_MATTER
        for argument in node.args
    }


def _named_sets(tree: ast.AST) -> set[str]:
    """Names of variables, parameters, fields and functions that are sets by what is written beside them."""
    named = set()
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign(target=target, annotation=kind) if _is_set_type(kind):
                named.add(_last_name(target))
            case ast.arg(arg=name, annotation=kind) if kind is not None and _is_set_type(kind):
                named.add(name)
            case ast.FunctionDef(name=name, returns=kind) if kind is not None and _is_set_type(kind):
                named.add(name)
            case ast.Assign(targets=targets, value=value) if _is_set(value, set()):
                named.update(_last_name(each) for each in targets)
    return named - {""}


def _is_set_type(kind: ast.expr) -> bool:
    outer = kind.value if isinstance(kind, ast.Subscript) else kind
    return _last_name(outer) in _SETS


def _is_set(taken: ast.expr, known: Iterable[str]) -> bool:
    match taken:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=called):
            name = _last_name(called)
            return name in {"set", "frozenset"} or name in known or name in {"union", "intersection", "difference"}
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor(), right=right):
            return _is_set(left, known) or _is_set(right, known)
        case ast.Name() | ast.Attribute():
            return _last_name(taken) in known
    return False


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
