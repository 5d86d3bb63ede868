"""Works out the formulas of explanations, and nothing else: numbers, names, + - * //, min and max."""

import ast
import operator
from collections.abc import Callable, Mapping

_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}
_FUNCTIONS: dict[str, Callable[..., int]] = {"min": min, "max": max}


def work_out(formula: str, inputs: Mapping[str, int]) -> int:
    """Return what a formula comes to; raises ValueError for anything but that arithmetic."""
    return _value(ast.parse(formula, mode="eval").body, inputs)


def _value(node: ast.expr, inputs: Mapping[str, int]) -> int:
    match node:
        case ast.Constant(int(number)):
            return number
        case ast.Name(name):
            return inputs[name]
        case ast.UnaryOp(ast.USub(), operand):
            return -_value(operand, inputs)
        case ast.BinOp(left, sign, right):
            return _OPERATORS[type(sign)](_value(left, inputs), _value(right, inputs))
        case ast.Call(ast.Name(name), arguments):
            return _FUNCTIONS[name](*(_value(each, inputs) for each in arguments))
        case _:
            raise ValueError(f"{ast.unparse(node)} is no arithmetic")
