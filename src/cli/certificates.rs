//! Files of certificates that whoever runs ccprov trusts, in PEM.

use std::path::Path;

use crate::spec::read_regular;

/// The bundle of Mozilla's certificates has 0.2 MiB, and some systems add as much again.
const MAX_CERTIFICATES: usize = 8 * 1024 * 1024;

/// The bytes of one, or why there are none.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    read_regular(path, MAX_CERTIFICATES).map_err(|why| why.to_string())
}
