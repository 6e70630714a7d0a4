import { accuracy } from "./accuracy.js";

accuracy("node");
