//! What every kind must keep to, on emulators of AWS.

mod lies;
