export type UnaryOp =
  | ("neg" | "abs" | "sign" | "relu")
  | ("exp" | "log" | "sqrt" | "sin" | "cos" | "tanh" | "sigmoid" | "erf");
export type BinaryOp = "add" | "sub" | "mul" | "div" | "pow" | "maximum" | "minimum" | "equal" | "less";
