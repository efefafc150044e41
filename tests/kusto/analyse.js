// Analyses Kusto queries against the tables that they read: node analyse.js NODE_MODULES < queries.json
// Reads {"name": "query"}, writes {"name": {"faults": [...], "columns": [...]}}.
const fs = require("fs");
const path = require("path");
const vm = require("vm");

const folder = path.join(process.argv[2], "@kusto", "language-service-next");
for (const file of ["bridge.js", "Kusto.Language.Bridge.js"]) {
  vm.runInThisContext(fs.readFileSync(path.join(folder, file), "utf8"), { filename: file });
}

// Columns by the workspace's reference of tables, Microsoft Learn; those that are read.
const STORAGE =
  "(TimeGenerated: datetime, Category: string, OperationName: string, StatusText: string, AuthenticationType: string, RequesterObjectId: string, CallerIpAddress: string, Uri: string, _ResourceId: string)";
const TABLES = {
  StorageTableLogs: STORAGE,
  StorageBlobLogs: STORAGE,
  AppTraces: "(TimeGenerated: datetime, Message: string, _ResourceId: string)",
  AppRequests:
    "(TimeGenerated: datetime, Name: string, Success: bool, ResultCode: string, Url: string, _ResourceId: string)",
  AppExceptions:
    "(TimeGenerated: datetime, ExceptionType: string, OuterMessage: string, _ResourceId: string)",
  _LogOperation:
    "(TimeGenerated: datetime, Category: string, Operation: string, Level: string, Detail: string, _ResourceId: string)",
};

const { KustoCode, GlobalState, Symbols } = Kusto.Language;
const tables = Object.entries(TABLES).map(
  ([name, schema]) => new Symbols.TableSymbol.$ctor7(name, schema, null)
);
const database = new Symbols.DatabaseSymbol.$ctor1("workspace", tables);
const workspace = GlobalState.Default.WithDatabase(database);

function items(list) {
  return Array.from({ length: list ? list.Count : 0 }, (_, index) => list.getItem(index));
}

function analysed(query) {
  const code = KustoCode.ParseAndAnalyze(query, workspace);
  return {
    faults: items(code.GetDiagnostics()).map((fault) => fault.Message),
    columns: items(code.ResultType && code.ResultType.Columns).map((column) => column.Name),
  };
}

const queries = JSON.parse(fs.readFileSync(0, "utf8"));
const answers = Object.entries(queries).map(([name, query]) => [name, analysed(query)]);
process.stdout.write(JSON.stringify(Object.fromEntries(answers)));
