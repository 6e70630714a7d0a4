#!/usr/bin/env node
// Here before the first build, so that package managers can link it.
import "../dist/main.js";
