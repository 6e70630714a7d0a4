import { setDefaultBackend } from "@unrolled/core";
import { expose } from "comlink";
import { cpu } from "./engines/cpu-parts.js";
import { Session } from "./session/session.js";

setDefaultBackend(cpu());
expose(new Session());
