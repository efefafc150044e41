// What Azure Tables refuse and Azurite takes: loaded before Azurite, into its own process.
//
// Azurite holds a property to 32 Ki characters, a request to 4 MiB and an entity to 1 MiB of the
// JSON it was written in. Azure counts an entity as it stores it, in UTF-16, and counts and measures
// the properties' names. Sources: "Understanding the Table service data model" and "Table service
// error codes", Microsoft; the size of an entity as in "Table entity size", Windows Azure Storage
// Team, 2010: 4 bytes, and 2 a character of both keys; of each property 8 bytes, 2 a character of
// its name, and its value's own size.
"use strict";

const path = require("node:path");

const LARGEST = 1024 * 1024;
const MOST_PROPERTIES = 252;
const LONGEST_NAME = 255;
const OF_THE_SERVICE = new Set(["PartitionKey", "RowKey", "Timestamp"]);
const FIXED = { "Edm.Int32": 4, "Edm.Int64": 8, "Edm.Double": 8, "Edm.DateTime": 8, "Edm.Guid": 16 };

const table = path.join(path.dirname(process.argv[1]), "table");
const handler = require(path.join(table, "handlers", "TableHandler.js")).default;
const { default: StorageError } = require(path.join(table, "errors", "StorageError.js"));

function sizeOf(value, type) {
  if (type === "Edm.Binary") return Buffer.from(value, "base64").length + 4;
  if (type in FIXED) return FIXED[type];
  if (typeof value === "string") return value.length * 2 + 4;
  if (typeof value === "boolean") return 1;
  return Number.isInteger(value) ? 4 : 8;
}

function refusal(properties) {
  const names = Object.keys(properties).filter(
    (name) => !name.includes("odata.") && !OF_THE_SERVICE.has(name) && properties[name] !== null,
  );
  if (names.length > MOST_PROPERTIES) {
    return ["TooManyProperties", "The entity contains more properties than allowed."];
  }
  if (names.some((name) => name.length > LONGEST_NAME)) {
    return ["PropertyNameTooLong", "The property name exceeds the maximum allowed length."];
  }
  const keys = (properties.PartitionKey ?? "").length + (properties.RowKey ?? "").length;
  const size = names.reduce(
    (sum, name) => sum + 8 + name.length * 2 + sizeOf(properties[name], properties[`${name}@odata.type`]),
    4 + keys * 2,
  );
  if (size > LARGEST) {
    return ["EntityTooLarge", "The entity is larger than the maximum allowed size (1MB)."];
  }
  return null;
}

const usual = handler.prototype.checkProperties;
if (typeof usual !== "function") {
  throw new Error("this Azurite checks properties elsewhere: its limits cannot be added");
}
handler.prototype.checkProperties = function (context, properties) {
  usual.call(this, context, properties);
  const found = refusal(properties);
  if (found) {
    const id = context.contextID ?? "";
    throw new StorageError(400, found[0], found[1], id, undefined, context);
  }
};
// Azurite's own measures the JSON it came in, escapes and all, and refuses what Azure takes.
handler.prototype.checkEntityLimit = function () {};
