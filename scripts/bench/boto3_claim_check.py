#!/usr/bin/env python3
"""The claim check of stacks/dev.yaml by hand: what a careful engineer would write with boto3.

One call after another. What exists is read and compared, and only what differs is written, so the script
can be run again; what does not exist is created with as few calls as AWS permits. It makes the same objects
as ccprov, with the same documents and tags: `ccprov plan stacks/dev.yaml` afterwards shows no changes, and
`make bench` checks that it does.

    boto3_claim_check.py BUCKET

Says in JSON how many calls it made and in how many seconds. These begin after Python's imports.
"""

import json
import sys

from careful import (
    allow, canonical, ensure_queue, ensure_role, or_none, pairs, policy, run, statement, tls_only, unpaired)

STACK = "claimcheck-dev"
TAGS = {
    "Company": "Clinical Trials Inc.",
    "Department": "Medical Machine Learning",
    "Environment": "dev",
    "Runbook": "https://example.com/runbook",
}
# What ccprov keeps with the objects themselves, for want of a state file.
FORCE = {"ccprov:force-destroy": "true"}
KEPT = {"bucket": FORCE, "dlq": FORCE, "key": {"ccprov:deletion-window": "7"}, "queue": FORCE}
NOTIFICATION = f"ccprov:{STACK}:claimcheck.notification:35fd65d4"


def tags(address):
    return TAGS | {"ccprov:stack": STACK, "ccprov:address": f"claimcheck.{address}"} | KEPT.get(address, {})


class ClaimCheck:
    def __init__(self, session, bucket):
        clients = {name: session.client(name) for name in ("iam", "kms", "s3", "sns", "sqs", "sts")}
        self.iam, self.kms, self.s3 = clients["iam"], clients["kms"], clients["s3"]
        self.sns, self.sqs = clients["sns"], clients["sqs"]
        self.account = clients["sts"].get_caller_identity()["Account"]
        self.bucket = bucket
        self.bucket_arn = f"arn:aws:s3:::{bucket}"
        self.region = session.region_name
        here = f"{self.region}:{self.account}"
        self.topic_arn = f"arn:aws:sns:{here}:{STACK}-sns"
        self.queue_arn = f"arn:aws:sqs:{here}:{STACK}-sqs"
        self.dlq_arn = f"{self.queue_arn}-dlq"

    def apply(self):
        self.key_arn = self.ensure_key()
        self.ensure_bucket()
        self.ensure_dlq()
        self.ensure_queue()
        self.ensure_topic()
        self.ensure_subscription()
        self.ensure_notification()
        self.ensure_roles()

    def from_service(self, sid, service, action, resource, operator, source):
        condition = {"StringEquals": {"aws:SourceAccount": self.account}, operator: {"aws:SourceArn": source}}
        return statement(sid, "Allow", {"Service": service}, action, resource, **condition)

    def ensure_key(self):
        alias, name = f"alias/{STACK}-kms", "default"
        use = ["kms:GenerateDataKey*", "kms:Decrypt"]
        root = {"AWS": f"arn:aws:iam::{self.account}:root"}
        want = policy(
            statement("AccountAdministersKey", "Allow", root, "kms:*", "*"),
            self.from_service(
                "BucketPublishesToEncryptedTopic", "s3.amazonaws.com", use, "*", "ArnLike", self.bucket_arn),
            self.from_service(
                "TopicDeliversToEncryptedQueue", "sns.amazonaws.com", use, "*", "ArnLike", self.topic_arn),
        )
        description = f"Encrypts payloads and messages of {STACK}"
        found = or_none(self.kms.describe_key, KeyId=alias)
        if not found:
            made = self.kms.create_key(
                Description=description, Policy=json.dumps(want), Tags=pairs(tags("key"), "TagKey", "TagValue"))
            key = made["KeyMetadata"]
            self.kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
            self.kms.enable_key_rotation(KeyId=key["KeyId"])
            return key["Arn"]
        key = found["KeyMetadata"]
        one = {"KeyId": key["KeyId"]}
        if key["Description"] != description:
            self.kms.update_key_description(**one, Description=description)
        if canonical(self.kms.get_key_policy(**one, PolicyName=name)["Policy"]) != canonical(want):
            self.kms.put_key_policy(**one, PolicyName=name, Policy=json.dumps(want))
        if not self.kms.get_key_rotation_status(**one)["KeyRotationEnabled"]:
            self.kms.enable_key_rotation(**one)
        if unpaired(self.kms.list_resource_tags(**one)["Tags"], "TagKey", "TagValue") != tags("key"):
            self.kms.tag_resource(**one, Tags=pairs(tags("key"), "TagKey", "TagValue"))
        return key["Arn"]

    def bucket_policy(self):
        objects = f"{self.bucket_arn}/*"
        sse, key = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
        return policy(
            tls_only("s3:*", [self.bucket_arn, objects]),
            # What is not stated is the bucket's default, and well.
            statement("NoOtherEncryption", "Deny", "*", "s3:PutObject", objects,
                      Null={sse: "false"}, StringNotEquals={sse: "aws:kms"}),
            statement("NoOtherKey", "Deny", "*", "s3:PutObject", objects,
                      Null={key: "false"}, ArnNotEquals={key: self.key_arn}),
            statement("NoUnnamedKey", "Deny", "*", "s3:PutObject", objects,
                      Null={key: "true"}, StringEquals={sse: "aws:kms"}),
        )

    def ensure_bucket(self):
        s3, one = self.s3, {"Bucket": self.bucket}
        is_new = or_none(s3.head_bucket, **one) is None
        if is_new:
            s3.create_bucket(**one, ObjectOwnership="BucketOwnerEnforced")
            s3.get_waiter("bucket_exists").wait(**one)
        block = {name: True for name in (
            "BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")}
        encryption = {"Rules": [{
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.key_arn},
            "BucketKeyEnabled": True,
        }]}
        rules = [{
            "ID": "abandoned-uploads", "Status": "Enabled", "Filter": {},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        }]

        def setting(read, have, want, write):
            # Nothing needs to be read of what was created a moment ago.
            found = None if is_new else or_none(read, **one)
            if found is None or have(found) != want:
                write()

        def without_filter(found):
            return [{name: rule[name] for name in rule if name not in ("Filter", "Prefix")} for rule in found["Rules"]]

        if not is_new:
            setting(s3.get_bucket_ownership_controls,
                    lambda it: it["OwnershipControls"]["Rules"], [{"ObjectOwnership": "BucketOwnerEnforced"}],
                    lambda: s3.put_bucket_ownership_controls(
                        **one, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}))
        setting(s3.get_bucket_tagging, lambda it: unpaired(it["TagSet"]), tags("bucket"),
                lambda: s3.put_bucket_tagging(**one, Tagging={"TagSet": pairs(tags("bucket"))}))
        setting(s3.get_public_access_block, lambda it: it["PublicAccessBlockConfiguration"], block,
                lambda: s3.put_public_access_block(**one, PublicAccessBlockConfiguration=block))
        setting(s3.get_bucket_versioning, lambda it: it.get("Status"), "Enabled",
                lambda: s3.put_bucket_versioning(**one, VersioningConfiguration={"Status": "Enabled"}))
        setting(s3.get_bucket_encryption,
                lambda it: [{name: rule[name] for name in encryption["Rules"][0]}
                            for rule in it["ServerSideEncryptionConfiguration"]["Rules"]],
                encryption["Rules"],
                lambda: s3.put_bucket_encryption(**one, ServerSideEncryptionConfiguration=encryption))
        setting(s3.get_bucket_policy, lambda it: canonical(it["Policy"]), canonical(self.bucket_policy()),
                lambda: s3.put_bucket_policy(**one, Policy=json.dumps(self.bucket_policy())))
        setting(s3.get_bucket_lifecycle_configuration, without_filter, without_filter({"Rules": rules}),
                lambda: s3.put_bucket_lifecycle_configuration(**one, LifecycleConfiguration={"Rules": rules}))

    def ensure_one_queue(self, name, address, attributes, documents):
        attributes = attributes | {"KmsMasterKeyId": self.key_arn, "KmsDataKeyReusePeriodSeconds": "300"}
        ensure_queue(self.sqs, name, attributes, documents, tags(address))

    def ensure_dlq(self):
        self.ensure_one_queue(
            f"{STACK}-sqs-dlq", "dlq",
            {"MessageRetentionPeriod": "1209600"},
            {
                "Policy": policy(tls_only("sqs:*", self.dlq_arn)),
                "RedriveAllowPolicy": {"redrivePermission": "byQueue", "sourceQueueArns": [self.queue_arn]},
            })

    def ensure_queue(self):
        self.ensure_one_queue(
            f"{STACK}-sqs", "queue",
            {"MessageRetentionPeriod": "604800", "VisibilityTimeout": "600"},
            {
                "Policy": policy(
                    self.from_service("TopicSends", "sns.amazonaws.com", "sqs:SendMessage", self.queue_arn,
                                      "ArnEquals", self.topic_arn),
                    tls_only("sqs:*", self.queue_arn)),
                "RedrivePolicy": {"deadLetterTargetArn": self.dlq_arn, "maxReceiveCount": 5},
                "RedriveAllowPolicy": {"redrivePermission": "denyAll"},
            })

    def ensure_topic(self):
        one = {"TopicArn": self.topic_arn}
        want = policy(
            self.from_service("BucketPublishes", "s3.amazonaws.com", "sns:Publish", self.topic_arn,
                              "ArnLike", self.bucket_arn),
            tls_only("sns:Publish", self.topic_arn))
        found = or_none(self.sns.get_topic_attributes, **one)
        if not found:
            self.sns.create_topic(
                Name=f"{STACK}-sns", Tags=pairs(tags("topic")),
                Attributes={"KmsMasterKeyId": self.key_arn, "Policy": json.dumps(want)})
            return
        have = found["Attributes"]
        if have.get("KmsMasterKeyId") != self.key_arn:
            self.sns.set_topic_attributes(**one, AttributeName="KmsMasterKeyId", AttributeValue=self.key_arn)
        if canonical(have["Policy"]) != canonical(want):
            self.sns.set_topic_attributes(**one, AttributeName="Policy", AttributeValue=json.dumps(want))
        have = unpaired(self.sns.list_tags_for_resource(ResourceArn=self.topic_arn)["Tags"])
        if have != tags("topic"):
            self.sns.tag_resource(ResourceArn=self.topic_arn, Tags=pairs(tags("topic")))

    def ensure_subscription(self):
        pages = self.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self.topic_arn)
        for page in pages:
            for found in page["Subscriptions"]:
                if (found["Protocol"], found["Endpoint"]) == ("sqs", self.queue_arn):
                    return
        self.sns.subscribe(
            TopicArn=self.topic_arn, Protocol="sqs", Endpoint=self.queue_arn, ReturnSubscriptionArn=True)

    def ensure_notification(self):
        want = [{"Id": NOTIFICATION, "TopicArn": self.topic_arn, "Events": ["s3:ObjectCreated:*"]}]
        found = self.s3.get_bucket_notification_configuration(Bucket=self.bucket).get("TopicConfigurations", [])
        if [{name: it[name] for name in ("Id", "TopicArn", "Events")} for it in found] != want:
            self.s3.put_bucket_notification_configuration(
                Bucket=self.bucket, NotificationConfiguration={"TopicConfigurations": want})

    def ensure_roles(self):
        objects = f"{self.bucket_arn}/*"

        receive = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
        self.ensure_role("producer-uploader", "producer_role.uploader", "produce", policy(
            allow("PutPayloads", "s3:PutObject", objects),
            allow("EncryptPayloads", ["kms:GenerateDataKey", "kms:Decrypt"], self.key_arn)))
        self.ensure_role("consumer-worker", "consumer_role.worker", "consume", policy(
            allow("ReceiveMessages", receive, self.queue_arn),
            allow("GetPayloads", ["s3:GetObject", "s3:GetObjectVersion"], objects),
            allow("Decrypt", "kms:Decrypt", self.key_arn)))

    def ensure_role(self, name, address, inline, want):
        labels = tags(address) | {"ccprov:region": self.region}
        ensure_role(self.iam, f"{STACK}-{name}", f"/ccprov/{STACK}/", "ec2.amazonaws.com", (inline, want), labels)


run(lambda session: ClaimCheck(session, sys.argv[1]).apply())
