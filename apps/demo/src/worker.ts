import { cpu } from "@unrolled/backend-cpu";
import { setDefaultBackend } from "@unrolled/core";
import { expose } from "comlink";
import { Session } from "./session/session.js";

setDefaultBackend(cpu());
expose(new Session());
