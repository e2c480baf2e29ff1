//! Whose certificates a broker may show: those of the machine's authorities, or those
//! of `AWS_CA_BUNDLE`, as in every call of AWS.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// TLS that trusts these certificates alone, or the machine's.
///
/// # Errors
/// Why there is nothing to trust, in words.
pub(super) fn trusting(bundle: Option<&[u8]>) -> Result<Arc<ClientConfig>, String> {
    let mut trusted = RootCertStore::empty();
    if let Some(pem) = bundle {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| error.to_string())?;
            trusted.add(certificate).map_err(|error| error.to_string())?;
        }
    } else {
        let found = rustls_native_certs::load_native_certs();
        // Machines have some that nobody can read, and others that do.
        let (_added, _ignored) = trusted.add_parsable_certificates(found.certs);
    }
    if trusted.is_empty() {
        return Err("there is no certificate to trust".to_owned());
    }
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(ring);
    let config = config.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    Ok(Arc::new(config.with_root_certificates(trusted).with_no_client_auth()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bundle: &str) -> String {
        trusting(Some(bundle.as_bytes())).map(|_| ()).unwrap_err()
    }

    #[test]
    fn nothing_to_trust_is_no_trust_at_all() {
        assert_eq!(refused(""), "there is no certificate to trust");
        assert_eq!(refused("no certificate"), "there is no certificate to trust");
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(!refused(broken).is_empty());
    }
}
