import { Generator, mae, seasonalNaive, sine } from "unrolled";

const values = sine({ length: 240, period: 24, noise: 0.1, generator: new Generator(0) });
const [known, future] = [values.slice(0, 192), values.slice(192)];
const repeated = seasonalNaive(24)(known, future.length); // the last season again
const mean = future.map(() => known.reduce((sum, value) => sum + value, 0) / known.length);
console.log("the last season again:", mae(future, repeated).toFixed(3));
console.log("the mean:", mae(future, mean).toFixed(3));
