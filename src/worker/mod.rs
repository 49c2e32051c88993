//! The engine's only shell.
