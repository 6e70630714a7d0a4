import type { Shader } from "./shade.js";

/** -1/3!, 1/5!, ... of the sine's series; enough for float32 up to a quarter turn. */
const sineTerms = [-1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800, 1 / 6227020800];
/** pi in parts whose products with a small integer are exact in float32. */
const piParts = ["3.140625", "0.000967502593994140625", "0.0000001509957990978376432"];

/** (-1)^n 2 / (sqrt(pi) n! (2n + 1)): the series of erf. */
const erfTerms = Array.from({ length: 12 }, (_, n) => {
  let factorial = 1;
  for (let k = 2; k <= n; k++) factorial *= k;
  return ((n % 2 === 0 ? 1 : -1) * 2) / (Math.sqrt(Math.PI) * factorial * (2 * n + 1));
});

function literal(value: number): string {
  const text = value.toExponential(9);
  return value < 0 ? `(${text})` : text;
}

/** c0 + s (c1 + s (...)) */
function horner(terms: readonly number[], variable: string): string {
  return terms.map(literal).reduceRight((rest, term) => (rest === "" ? term : `(${term} + ${variable} * ${rest})`), "");
}

/** GPUs promise 2^-11 for sin and cos. Half turns off, then the series. */
function turning(name: "sin" | "cos"): Shader {
  const [toHalfTurns, shift, sign] =
    name === "sin" ? ["floor(a * 0.318309886 + 0.5)", "k", "1.0"] : ["floor(a * 0.318309886)", "(k + 0.5)", "-1.0"];
  const body = (declare: string): string => `
    ${declare} k = ${toHalfTurns};
    ${declare} h = ${shift};
    ${declare} r = ((a - h * ${piParts[0]}) - h * ${piParts[1]}) - h * ${piParts[2]};
    ${declare} s = r * r;
    ${declare} value = r + r * s * ${horner(sineTerms, "s")};
    ${declare} turned = ${sign} - ${sign} * 2.0 * (k - 2.0 * floor(k * 0.5));`;
  return {
    name,
    variables: ["A"],
    glsl: `${body("float")} setOutput(turned * value);`,
    wgsl: `${body("let")} result_ = turned * value;`,
  };
}

const erfBody = (declare: string): string => `
    ${declare} s = a * a;
    ${declare} near = a * ${horner(erfTerms, "s")};
    ${declare} size = abs(a);
    ${declare} t = 1.0 / (1.0 + 0.3275911 * size);
    ${declare} far = sign(a) * (1.0 - t * ${horner([0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429], "t")} * exp(-s));`;

const powerRules = (float: string, bool: string, choose: (test: string, yes: string, no: string) => string): string => `
    ${float} m = abs(a);
    ${bool} whole = floor(b) == b;
    ${bool} odd = whole && abs(b) < 16777216.0 && b - 2.0 * floor(b * 0.5) != 0.0;
    ${bool} up = b > 0.0;
    ${float} edge = ${choose("up", "0.0", "INF_")};
    ${float} outer = ${choose("up", "INF_", "0.0")};
    ${float} beyond = ${choose("m > 1.0", "outer", "edge")};`;

export const shaders: Readonly<Record<"sin" | "cos" | "erf" | "relu" | "sigmoid" | "div" | "pow", Shader>> = {
  sin: turning("sin"),
  cos: turning("cos"),
  erf: {
    name: "erf",
    variables: ["A"],
    glsl: `${erfBody("float")} setOutput(isnan(a) ? a : size < 1.0 ? near : far);`,
    wgsl: `${erfBody("let")} result_ = select(select(far, near, size < 1.0), a, isnan(a));`,
  },
  relu: {
    name: "relu",
    variables: ["A"],
    glsl: "setOutput(isnan(a) || a > 0.0 ? a : 0.0);",
    wgsl: "result_ = select(0.0, a, isnan(a) || a > 0.0);",
  },
  sigmoid: {
    name: "sigmoid",
    variables: ["A"],
    glsl: "setOutput(1.0 / (1.0 + exp(-a)));",
    wgsl: `
      let x = clamp(-a, -88.0, 88.0);
      let k = floor(x * 1.44269504 + 0.5);
      let r = (x - k * 0.693359375) + k * 0.000212194440;
      let power = ldexp(${horner([1, 1, 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040], "r")}, i32(k));
      result_ = select(select(1.0 / (1.0 + power), 0.0, a < -88.0), a, isnan(a));`,
  },
  div: {
    name: "div",
    variables: ["A", "B"],
    glsl: "setOutput(a / b);",
    wgsl: "result_ = a / b;",
  },
  pow: {
    name: "pow",
    variables: ["A", "B"],
    glsl: `${powerRules("float", "bool", (test, yes, no) => `(${test} ? ${yes} : ${no})`).replaceAll("INF_", "uintBitsToFloat(0x7f800000u)")}
      if (b == 0.0 || a == 1.0) { setOutput(1.0); return; }
      if (isnan(a) || isnan(b)) { setOutput(NAN); return; }
      if (isinf(b)) { setOutput(m == 1.0 ? 1.0 : beyond); return; }
      if (a < 0.0 && !whole && !isinf(a)) { setOutput(NAN); return; }
      float size = m == 0.0 ? edge : isinf(m) ? outer : pow(m, b);
      setOutput(a < 0.0 && odd ? -size : size);`,
    wgsl: `${powerRules("let", "let", (test, yes, no) => `select(${no}, ${yes}, ${test})`).replaceAll("INF_", "uniforms.INFINITY")}
      if (b == 0.0 || a == 1.0) { result[index] = 1.0; return; }
      if (isnan(a) || isnan(b)) { result[index] = uniforms.NAN; return; }
      if (isinf(b)) { result[index] = select(beyond, 1.0, m == 1.0); return; }
      if (a < 0.0 && !whole && !isinf(a)) { result[index] = uniforms.NAN; return; }
      let size = select(select(pow(m, b), outer, isinf(m)), edge, m == 0.0);
      result_ = select(size, -size, a < 0.0 && odd);`,
  },
};
