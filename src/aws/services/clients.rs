//! One client for each service, all on one pool of connections.

use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;

use super::list::services;
use crate::aws::call_log::CallLog;
use crate::aws::pacing::Pacing;

macro_rules! clients {
    (
        by a crate { $($name:ident: $sdk:ident, $module:ident::$operation:ident;)* }
        by hand { $($own:ident;)* }
    ) => {
        /// The clients, by the name of the service's folder.
        #[derive(Clone, Debug)]
        pub(crate) struct Clients {
            $(pub(crate) $name: $sdk::Client,)*
            $(pub(crate) $own: super::$own::client::Client,)*
        }

        impl Clients {
            /// Whose calls are written down, and stand in line.
            pub(in crate::aws) fn new(config: &SdkConfig, calls: &CallLog, pacing: &Pacing) -> Self {
                Self {
                    $($name: $sdk::Client::from_conf(
                        super::$name::told::settings($sdk::config::Builder::from(config), config)
                            .interceptor(calls.clone())
                            .interceptor(pacing.clone())
                            .build(),
                    ),)*
                    $($own: super::$own::client::Client::new(config, calls, pacing),)*
                }
            }

            /// The same, in another region, with these credentials.
            pub(in crate::aws) fn in_region(
                &self,
                region: &str,
                credentials: Option<&SharedCredentialsProvider>,
            ) -> Self {
                let region = Region::new(region.to_owned());
                Self {
                    $($name: $sdk::Client::from_conf(
                        self.$name.config().to_builder().region(region.clone()).build(),
                    ),)*
                    $($own: self.$own.in_region(region.clone(), credentials),)*
                }
            }

            /// The same, with other credentials.
            pub(in crate::aws) fn with(&self, lent: &SharedCredentialsProvider) -> Self {
                Self {
                    $($name: $sdk::Client::from_conf(
                        self.$name.config().to_builder().credentials_provider(lent.clone()).build(),
                    ),)*
                    $($own: self.$own.with(lent),)*
                }
            }
        }
    };
}

services!(clients);
