// An observer in Node, kept open: it writes a file for each run, with the time that every operation took.
// A request is one line of JSON on standard input, its answer one on standard output: docs/programs.md says which.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");

const ENDS = new Set(["OperationSucceeded", "OperationFailed"]);
const LAST = new Set([
  "WorkflowCompleted", "WorkflowFailed", "WorkflowInterrupted", "RollbackCompleted", "RollbackFailed",
]);
const runs = new Map();

function write(run, workflowId, directory) {
  fs.mkdirSync(directory, { recursive: true });
  const target = path.join(directory, `${encodeURIComponent(workflowId)}.json`);
  fs.writeFileSync(`${target}.new`, JSON.stringify({ workflow_id: workflowId, operations: run }, null, 2) + "\n");
  fs.renameSync(`${target}.new`, target);
}

function hear(event, directory) {
  const run = runs.get(event.workflow_id) ?? {};
  runs.set(event.workflow_id, run);
  if (event.kind === "OperationStarted") {
    run[event.operation_id] ??= { began_at: event.at, seconds: null, ended: null };
  } else if (ENDS.has(event.kind) && run[event.operation_id]) {
    run[event.operation_id].seconds = event.at - run[event.operation_id].began_at;
    run[event.operation_id].ended = event.kind;
  } else if (LAST.has(event.kind)) {
    write(run, event.workflow_id, directory);
    runs.delete(event.workflow_id);
  }
}

const OPERATIONS = {
  describe: () => ({ protocols: [1], hooks: ["on_event"], info: { language: `Node ${process.version}` } }),
  on_event: ({ parameters, config, context }) => {
    hear(parameters.event, path.resolve(context.directory, config.directory ?? context.state_directory));
    return {};
  },
};

function answer(request) {
  try {
    const metadata = OPERATIONS[request.operation](request);
    return { id: request.id, status: "success", result: { operation: request.operation, metadata } };
  } catch (error) {
    return { id: request.id, status: "error", error: { code: "CannotWrite", message: String(error.message) } };
  }
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + "\n");
});
