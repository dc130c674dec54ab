"""The verbs of imports: nothing else writes its tables and its directory."""

from imports.operations.call_shards import call_shards
from imports.operations.read_shard import read_shard
from imports.operations.receive_import import Received, receive_import
from imports.operations.store_file import (
    IncomingFile,
    StoredFile,
    local_file,
    make_directory,
    sweep_files,
)
from imports.operations.try_import import DryRun, try_import

__all__ = [
    "DryRun",
    "IncomingFile",
    "Received",
    "StoredFile",
    "call_shards",
    "local_file",
    "make_directory",
    "read_shard",
    "receive_import",
    "sweep_files",
    "try_import",
]
