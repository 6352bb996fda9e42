// The view Audit.

import { Shell } from "../shared/shell.js";

new Shell(async () => {}).start();
