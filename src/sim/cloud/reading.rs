//! Looking at the cloud.

use async_trait::async_trait;

use super::{Call, Cloud, Writer};
use crate::engine::port::{Answer, Read, StackSummary};
use crate::model::{By, Claimant, FormerNames, Identity, Live, Lookup, Sought};
use crate::sim::calls::Operation;
use crate::sim::objects::Objects;
use crate::sim::versions::{Eye, Moment};

#[async_trait]
impl Read for Cloud<'_> {
    async fn find(&self, sought: &Sought) -> Answer<Option<Live>> {
        let (kind, identity) = (sought.kind.as_str(), &sought.identity);
        let call = Call { operation: Operation::Find, kind, identity };
        self.kind(kind, call)?;
        self.call(call, |objects, moment| Ok(objects.find(sought, moment))).await
    }

    async fn candidates(&self, stacks: &[&str]) -> Answer<Vec<Sought>> {
        let identity = &Identity(stacks.join(", "));
        let call = Call { operation: Operation::Candidates, kind: "index", identity };
        let (stack, former) = stacks.split_first().unwrap_or((&"", &[]));
        let was = &FormerNames(former.iter().map(|name| (*name).to_owned()).collect());
        let claimant = Claimant { stack, was, place: &self.place };
        self.call(call, |objects, moment| Ok(objects.listed(claimant, moment.now))).await
    }

    async fn look_up(&self, lookup: &Lookup) -> Answer<Vec<Live>> {
        if let Some(sought) = lookup.sought(|arn| Some(arn.to_owned())) {
            return Ok(self.find(&sought).await?.into_iter().collect());
        }
        let (kind, identity) = (lookup.kind.as_str(), &Identity(lookup.to_string()));
        let call = Call { operation: Operation::LookUp, kind, identity };
        self.call(call, |objects, moment| Ok(carrying(objects, lookup, moment))).await
    }

    async fn stacks(&self) -> Answer<Vec<StackSummary>> {
        let identity = &Identity("all".to_owned());
        let call = Call { operation: Operation::Stacks, kind: "index", identity };
        self.call(call, |objects, moment| Ok(objects.stacks(moment.now))).await
    }
}

#[async_trait]
impl Read for Writer<'_> {
    async fn find(&self, sought: &Sought) -> Answer<Option<Live>> {
        self.cloud.find(sought).await
    }

    async fn candidates(&self, stacks: &[&str]) -> Answer<Vec<Sought>> {
        self.cloud.candidates(stacks).await
    }

    async fn look_up(&self, lookup: &Lookup) -> Answer<Vec<Live>> {
        self.cloud.look_up(lookup).await
    }

    async fn stacks(&self) -> Answer<Vec<StackSummary>> {
        self.cloud.stacks().await
    }
}

/// What has these settings, which are the tags of this cloud: as its index believes, and a look
/// confirms.
fn carrying(objects: &Objects, lookup: &Lookup, moment: Moment) -> Vec<Live> {
    let By::Signs { tags, .. } = &lookup.by else { return Vec::new() };
    let carries = |live: &Live| {
        let settings = live.document.get("settings");
        let has = |key: &str| settings?.get(key)?.as_str();
        live.kind == lookup.kind && tags.iter().all(|(key, text)| has(key) == Some(text))
    };
    let believed = objects.all(Eye::Index(moment.now)).map(|object| &object.live);
    let looks = believed.filter(|live| carries(live)).map(|live| Sought {
        kind: live.kind.clone(),
        identity: live.identity.clone(),
        address: None,
        formerly: Vec::new(),
        arn: None,
        fields: None,
        holdings: false,
    });
    let mut found: Vec<Live> = looks.filter_map(|sought| objects.find(&sought, moment)).collect();
    found.retain(carries);
    found.sort_by(|one, other| one.identity.cmp(&other.identity));
    found
}
