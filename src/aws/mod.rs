//! AWS: the only room with SDK types.
