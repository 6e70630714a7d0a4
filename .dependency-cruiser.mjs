// Which package may import which. An eager backend knows the contract alone; nothing points upwards, so nothing can circle.
const mayImport = {
  backend: [],
  core: ["backend"],
  nn: ["backend", "core"],
  cells: ["backend", "core", "nn"],
  optim: ["backend", "core"],
  datasets: ["backend", "core"],
  weights: ["backend", "core", "nn", "cells"],
  train: ["backend", "core", "nn", "cells", "optim", "datasets", "weights"],
  onnx: ["backend", "core", "nn"],
  testkit: ["backend", "core"],
  "backend-cpu": ["backend"],
  "backend-tfjs": ["backend"],
  "backend-onnx": ["backend", "onnx"],
  unrolled: ["backend", "core", "backend-cpu", "nn", "cells", "optim", "datasets", "weights", "train"],
  cli: [
    ...["backend", "core", "backend-cpu", "backend-tfjs", "nn", "cells", "optim", "datasets", "weights", "train"],
    ...["onnx", "backend-onnx"],
  ],
};

const direction = Object.entries(mayImport).map(([name, others]) => ({
  name: `direction-${name}`,
  comment: `${name} may import ${others.length > 0 ? others.join(", ") : "no other package"}`,
  severity: "error",
  from: { path: `^packages/${name}/src/` },
  to: { path: "^packages/", pathNot: `^packages/(${[name, ...others].join("|")})/` },
}));

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    ...direction,
    {
      name: "layer-unknown",
      comment: "a package that this file does not list has no place in the order yet: add it to mayImport",
      severity: "error",
      from: { path: "^packages/", pathNot: `^packages/(${Object.keys(mayImport).join("|")})/` },
      to: {},
    },
    {
      name: "no-circle",
      comment: "modules that load each other in a circle break by the order of loading; types may name each other",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { pathNot: "/dist/", dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "by-name",
      comment: "another package is imported by its name, never by a path into its folder",
      severity: "error",
      from: { path: "^packages/([^/]+)/src/" },
      to: { path: "^packages/", pathNot: "^packages/($1/src|[^/]+/dist)/" },
    },
    {
      name: "declared",
      comment: "what a package imports stands in its manifest, as a dependency or a peer",
      severity: "error",
      from: { path: "^packages/[^/]+/src/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev"], dependencyTypesNot: ["type-only", "npm-peer"] },
    },
    {
      name: "resolvable",
      comment: "an import that leads nowhere",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "runs-in-browsers",
      comment: "libraries run in browsers too: Node's modules belong to the command line and to src/node*",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: "^packages/(cli/|[^/]+/src/node)" },
      to: { dependencyTypes: ["core"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules|/dist/" },
    exclude: { path: "/(test|goldens)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    combinedDependencies: false,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["types", "import", "default"] },
  },
};
