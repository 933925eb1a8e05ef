#!/usr/bin/env node
// Step of `npm run build`, after the compiler: dist/built-in from the YAML files beside this one.
import { writeBuiltIn } from '../dist/src/board/write-built-in.js';

writeBuiltIn();
