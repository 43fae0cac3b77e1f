//! Names and shapes of the JSON-RPC: methods, parameters, error codes.
