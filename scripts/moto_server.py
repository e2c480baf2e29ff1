"""Runs moto's server, after mending what would keep a stack from being tried on it at all.

What moto merely gets wrong stays: the tests' table of lies tells it. Mended are:

- S3 wraps two answers in an element of another name than AWS's, which no SDK of Smithy's can read;
- CreateBucket drops the tags of its body (CreateBucketConfiguration), by which buckets have an owner;
- GetBucketNotificationConfiguration never tells of EventBridge;
- GetQueueAttributes never tells the RedriveAllowPolicy.
"""

import sys

import xmltodict
from moto.core.serialize import S3Serializer
from moto.s3.responses import S3Response
from moto.server import main
from moto.sqs.models import Queue

ROOTS = {
    "GetBucketNotificationConfigurationResponse": "NotificationConfiguration",
    "GetBucketNotificationResponse": "NotificationConfiguration",
    "GetBucketVersioningResponse": "VersioningConfiguration",
}


def with_root_of_aws(serialize):
    def mended(self, body):
        return serialize(self, {ROOTS.get(root, root): content for root, content in body.items()})

    return mended


def with_tags_and_event_bridge(answer):
    def mended(self, result):
        action = self.data.get("Action")
        if action == "CreateBucket" and self.body:
            configuration = xmltodict.parse(self.body, force_list=["Tag"])["CreateBucketConfiguration"]
            tags = (configuration.get("Tags") or {}).get("Tag", [])
            self.backend.put_bucket_tagging(self.bucket_name, {tag["Key"]: tag["Value"] for tag in tags})
        if action == "GetBucketNotificationConfiguration":
            bucket = self.backend.get_bucket(self.bucket_name)
            if bucket.notification_configuration.event_bridge is not None:
                result.result["EventBridgeConfiguration"] = {}
        return answer(self, result)

    return mended


def with_redrive_allow_policy(attributes):
    def mended(self):
        policy = getattr(self, "redrive_allow_policy", None)
        return attributes.fget(self) | ({"RedriveAllowPolicy": policy} if policy else {})

    return property(mended)


S3Serializer._serialize_body = with_root_of_aws(S3Serializer._serialize_body)
S3Response.serialized = with_tags_and_event_bridge(S3Response.serialized)
Queue.attributes = with_redrive_allow_policy(Queue.attributes)

sys.exit(main())
