import { accuracy } from "./accuracy.js";

accuracy("web");
