//! Looking at images: one by its digest, and those of a stack that nothing names any more.

use aws_sdk_ecr::types::{
    Image as Listed, ImageFailureCode, ImageIdentifier, ListImagesFilter, TagStatus,
};

use super::manifest::{MANIFEST, Told};
use super::{Spec, facts};
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::Seen;
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass, Sought};

/// Most images of a question (API Reference, `BatchGetImage`).
const MOST_ASKED: usize = 100;

/// What an image is known by: `REPOSITORY@sha256:DIGEST`.
pub(super) fn identity(repository: &str, digest: &str) -> String {
    format!("{repository}@{digest}")
}

/// Repository and digest of an identity.
pub(super) fn parts(identity: &str) -> Option<(&str, &str)> {
    identity.split_once('@')
}

pub(super) async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
    let Some((repository, digest)) = parts(sought.identity.as_str()) else { return Ok(None) };
    let ids = vec![ImageIdentifier::builder().image_digest(digest).build()];
    let found = get(aws, repository, ids).await.or_absent()?.unwrap_or_default();
    let Some(manifest) = found.iter().find_map(Listed::image_manifest) else { return Ok(None) };
    let mut spec = match Told::by(manifest) {
        Some(told) => told.content.within(repository),
        None => Spec::of_others(repository),
    };
    let is_sought = sought.fields.as_ref().is_none_or(|fields| fields.contains("tag"));
    if let Some(tag) = spec.tag.take_if(|_| is_sought) {
        spec.tag = (tagged(aws, repository, &tag).await?.as_deref() == Some(digest)).then_some(tag);
    }
    Ok(Some(Seen::current(spec, facts(&aws.place, repository, digest), None)))
}

/// The digest of the image that has a tag.
pub(super) async fn tagged(aws: &Aws, repository: &str, tag: &str) -> Answer<Option<String>> {
    let ids = vec![ImageIdentifier::builder().image_tag(tag).build()];
    let found = get(aws, repository, ids).await.or_absent()?.unwrap_or_default();
    let id = found.into_iter().find_map(|image| image.image_id);
    Ok(id.and_then(|id| id.image_digest))
}

/// Those of some images that there are.
async fn get(aws: &Aws, repository: &str, ids: Vec<ImageIdentifier>) -> Answer<Vec<Listed>> {
    let call = aws.session.clients.ecr.batch_get_image().repository_name(repository);
    let call = call.set_image_ids(Some(ids)).accepted_media_types(MANIFEST);
    let answer = call.send().await;
    let got = answer.attempting("ecr:BatchGetImage", || format!("read images of {repository}"))?;
    let failed = got
        .failures()
        .iter()
        .find(|failure| failure.failure_code() != Some(&ImageFailureCode::ImageNotFound));
    match failed {
        Some(failure) => Err(CloudError {
            attempted: format!("read images of {repository}"),
            operation: "ecr:BatchGetImage".into(),
            class: ErrorClass::Unexpected,
            code: failure.failure_code().map(ToString::to_string).unwrap_or_default(),
            message: failure.failure_reason().unwrap_or_default().to_owned(),
            request_id: None,
            hint: None,
        }),
        None => Ok(got.images.unwrap_or_default()),
    }
}

/// The images of a stack in a repository that have no tag. One that has a tag can be named by
/// others, and stays until the repository's lifecycle policy or a person removes it.
pub(super) async fn hanging(aws: &Aws, repository: &str, stacks: &[&str]) -> Answer<Vec<String>> {
    let filter = ListImagesFilter::builder().tag_status(TagStatus::Untagged).build();
    let pages = aws.session.clients.ecr.list_images().repository_name(repository);
    let listed = pages.filter(filter).into_paginator().items().send().try_collect().await;
    let listed = listed
        .attempting("ecr:ListImages", || format!("list the images of {repository}"))
        .or_absent()?
        .unwrap_or_default();
    // An emulator may not filter.
    let ids: Vec<ImageIdentifier> =
        listed.into_iter().filter(|id| id.image_tag.is_none()).collect();
    let mut ours = Vec::new();
    for some in ids.chunks(MOST_ASKED) {
        let got = get(aws, repository, some.to_vec()).await.or_absent()?.unwrap_or_default();
        ours.extend(got.into_iter().filter_map(|image| {
            let told = Told::by(image.image_manifest()?)?;
            let digest = image.image_id?.image_digest?;
            stacks.contains(&told.stack.as_str()).then(|| identity(repository, &digest))
        }));
    }
    Ok(ours)
}

/// Removes an image, with all its tags. That it is not there is as good.
pub(super) async fn delete(aws: &Aws, repository: &str, digest: &str) -> Answer<()> {
    let attempted = || format!("delete the image {digest} of {repository}");
    let id = ImageIdentifier::builder().image_digest(digest).build();
    let call = aws.session.clients.ecr.batch_delete_image().repository_name(repository);
    let answer = call.image_ids(id).send().await.attempting("ecr:BatchDeleteImage", attempted);
    let Some(deleted) = answer.or_absent()? else { return Ok(()) };
    let failed = deleted
        .failures()
        .iter()
        .find(|failure| failure.failure_code() != Some(&ImageFailureCode::ImageNotFound));
    failed.map_or(Ok(()), |failure| {
        Err(CloudError {
            attempted: attempted(),
            operation: "ecr:BatchDeleteImage".into(),
            class: ErrorClass::Invalid,
            code: failure.failure_code().map(ToString::to_string).unwrap_or_default(),
            message: failure.failure_reason().unwrap_or_default().to_owned(),
            request_id: None,
            hint: None,
        })
    })
}
