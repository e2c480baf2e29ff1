#!/usr/bin/env python3
"""The event pipeline of stacks/event_pipeline.yaml by hand: what a careful engineer would write with boto3.

One call after another. What exists is read and compared, and only what differs is written, so the script
can be run again; what does not exist is created with as few calls as AWS permits. It makes the same objects
as ccprov, with the same documents and tags: `ccprov plan stacks/event_pipeline.yaml` afterwards shows no changes
but of the functions' code and images, since another zip file or another manifest has another hash; and `make bench`
checks that it is so.

    boto3_event_pipeline.py FUNCTIONS DEFINITION

FUNCTIONS is the folder that `make functions` writes, DEFINITION the workflow's definition as a JSON file. Says in
JSON how many calls it made and in how many seconds. These begin after Python's imports.
"""

import hashlib
import io
import json
import pathlib
import sys
import tarfile

from careful import (
    allow, canonical, ensure_function, ensure_key, ensure_log_group, ensure_queue, ensure_role, ensure_table, or_none,
    pairs, policy, run, statement, tls_only, unpaired)

STACK = "event-processing-dev"
STEPS = ("validator", "processor", "enricher")
FUNCTIONS = {
    "trigger": "Starts the workflow for each payment event",
    "validator": "Judges whether an event is a payment",
    "processor": "Works out what a payment costs and what is kept of it",
    "enricher": "Adds what the table keeps beside a payment",
}
PART = 10 * 1024 * 1024 # of a layer, in one call


def tags(address):
    own = {"ccprov:stack": STACK, "ccprov:address": address}
    return {"Project": "event-processing", "Environment": "dev"} | own


def name(what):
    return f"event-processing-{what}-dev"


def digest(content):
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class EventPipeline:
    def __init__(self, session, functions, definition):
        names = ("cloudwatch", "dynamodb", "ecr", "iam", "kms", "lambda", "logs", "sns", "sqs", "stepfunctions", "sts")
        clients = {it: session.client(it) for it in names}
        self.cloudwatch, self.dynamodb, self.ecr, self.iam, self.kms, self.functions = list(clients.values())[:6]
        self.logs, self.sns, self.sqs, self.states, sts = list(clients.values())[6:]
        self.account = sts.get_caller_identity()["Account"]
        self.region = session.region_name
        self.folder = pathlib.Path(functions)
        self.definition = json.loads(pathlib.Path(definition).read_text())
        self.topic, self.alerts = self.arn("sns", name("payment-events")), self.arn("sns", name("alerts"))
        self.trigger_dead, self.workflow_dead = self.arn("sqs", name("trigger-dlq")), self.arn("sqs", name("workflow-dlq"))
        self.machine = self.arn("states", f"stateMachine:{name('workflow')}")
        self.table = self.arn("dynamodb", f"table/{name('processed-events')}")
        self.alarms = [self.arn("cloudwatch", f"alarm:{name(it)}") for it in ("trigger-dlq", "workflow-dlq")]
        self.groups = {it: f"/aws/lambda/{name(it)}" for it in FUNCTIONS}
        self.groups["workflow"] = f"/aws/vendedlogs/states/{name('workflow')}"

    def arn(self, service, rest):
        return f"arn:aws:{service}:{self.region}:{self.account}:{rest}"

    def group(self, what):
        return self.arn("logs", f"log-group:{self.groups[what]}")

    def function(self, what):
        return self.arn("lambda", f"function:{name(what)}")

    def apply(self):
        self.key = self.ensure_key()
        for what, group in self.groups.items():
            ensure_log_group(self.logs, group, self.key, tags(f"{what}_logs"))
        self.ensure_queues()
        self.ensure_topics()
        ensure_table(
            self.dynamodb, name("processed-events"), self.key, ("payment_id", "event_id"), (), "expires_at",
            tags("processed_events"))
        self.ensure_roles()
        self.ensure_images()
        self.ensure_functions()
        self.ensure_machine()
        self.ensure_subscription()
        for what in ("trigger", "workflow"):
            self.ensure_alarm(what)

    def ensure_key(self):
        mine = {"aws:SourceAccount": self.account}
        use = ["kms:GenerateDataKey*", "kms:Decrypt"]
        encrypt = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
        want = policy(
            statement("AccountAdministersKey", "Allow", {"AWS": f"arn:aws:iam::{self.account}:root"}, "kms:*", "*"),
            statement("LogsAreEncrypted", "Allow", {"Service": f"logs.{self.region}.amazonaws.com"}, encrypt, "*",
                      ArnEquals={"kms:EncryptionContext:aws:logs:arn": [self.group(it) for it in self.groups]}),
            statement("WorkflowLogsAreDelivered", "Allow", {"Service": "delivery.logs.amazonaws.com"}, "kms:Decrypt", "*",
                      StringEquals={"kms:EncryptionContext:SourceArn": self.arn("logs", "*")}),
            statement("TopicSendsDeadLetters", "Allow", {"Service": "sns.amazonaws.com"}, use, "*",
                      StringEquals=mine, ArnEquals={"aws:SourceArn": self.topic}),
            statement("AlarmsAreTold", "Allow", {"Service": "cloudwatch.amazonaws.com"}, use, "*",
                      StringEquals=mine, ArnEquals={"aws:SourceArn": self.alarms}))
        return ensure_key(self.kms, f"alias/{STACK}", "Payment events of dev at rest", want, tags("key"))

    def ensure_queues(self):
        from_topic = statement(
            "FromTheTopic", "Allow", {"Service": "sns.amazonaws.com"}, "sqs:SendMessage", self.trigger_dead,
            ArnEquals={"aws:SourceArn": self.topic})
        for what, arn, more in (("trigger", self.trigger_dead, [from_topic]), ("workflow", self.workflow_dead, [])):
            attributes = {
                "MessageRetentionPeriod": "1209600", "KmsMasterKeyId": self.key, "KmsDataKeyReusePeriodSeconds": "300",
            }
            documents = {"Policy": policy(*more, tls_only("sqs:*", arn))}
            ensure_queue(self.sqs, name(f"{what}-dlq"), attributes, documents, tags(f"{what}_dead"))

    def ensure_topics(self):
        self.ensure_topic("payment-events", "payment_events", statement(
            "AccountPublishes", "Allow", {"AWS": f"arn:aws:iam::{self.account}:root"}, "sns:Publish", self.topic))
        self.ensure_topic("alerts", "alerts", statement(
            "AlarmsAreTold", "Allow", {"Service": "cloudwatch.amazonaws.com"}, "sns:Publish", self.alerts,
            StringEquals={"aws:SourceAccount": self.account}, ArnEquals={"aws:SourceArn": self.alarms}))

    def ensure_topic(self, what, address, publishes):
        arn = self.arn("sns", name(what))
        want, one = policy(publishes, tls_only("sns:Publish", arn)), {"TopicArn": arn}
        found = or_none(self.sns.get_topic_attributes, **one)
        if not found:
            self.sns.create_topic(
                Name=name(what), Tags=pairs(tags(address)),
                Attributes={"KmsMasterKeyId": self.key, "Policy": json.dumps(want)})
            return
        have = found["Attributes"]
        if have.get("KmsMasterKeyId") != self.key:
            self.sns.set_topic_attributes(**one, AttributeName="KmsMasterKeyId", AttributeValue=self.key)
        if canonical(have["Policy"]) != canonical(want):
            self.sns.set_topic_attributes(**one, AttributeName="Policy", AttributeValue=json.dumps(want))
        if unpaired(self.sns.list_tags_for_resource(ResourceArn=arn)["Tags"]) != tags(address):
            self.sns.tag_resource(ResourceArn=arn, Tags=pairs(tags(address)))

    def ensure_roles(self):
        def logs(what):
            return allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], self.group(what) + ":*")

        encrypt = ["kms:GenerateDataKey", "kms:Decrypt"]
        self.ensure_role("trigger", "trigger", policy(
            allow("StartExecutions", "states:StartExecution", self.machine),
            allow("KeepDeadLetters", "sqs:SendMessage", self.trigger_dead),
            allow("EncryptDeadLetters", encrypt, self.key),
            logs("trigger")))
        for what, inline in zip(STEPS, ("validate", "process", "enrich")):
            self.ensure_role(what, inline, policy(allow("DecryptSettings", "kms:Decrypt", self.key), logs(what)))
        setup = [f"logs:{it}" for it in (
            "CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries",
            "PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups")]
        self.ensure_role("workflow", "run", policy(
            allow("InvokeFunctions", "lambda:InvokeFunction", [self.function(it) for it in STEPS]),
            allow("KeepPayments", "dynamodb:PutItem", self.table),
            allow("KeepDeadLetters", "sqs:SendMessage", self.workflow_dead),
            allow("EncryptBoth", encrypt, self.key),
            allow("SetUpLogs", setup, "*")),
            "states.amazonaws.com",
            StringEquals={"aws:SourceAccount": self.account}, ArnEquals={"aws:SourceArn": self.machine})

    def role(self, what):
        return f"{STACK}-{what}-role-{self.region}"

    def role_arn(self, what):
        return f"arn:aws:iam::{self.account}:role/ccprov/{STACK}/{self.role(what)}"

    def ensure_role(self, what, inline, want, service="lambda.amazonaws.com", **condition):
        labels = tags(f"{what}_role") | {"ccprov:region": self.region}
        path = f"/ccprov/{STACK}/"
        ensure_role(self.iam, self.role(what), path, service, (inline, want), labels, **condition)

    def ensure_images(self):
        one = {"repositoryName": STACK}
        rule = {
            "rulePriority": 1, "description": "What no tag leads to any more", "action": {"type": "expire"},
            "selection": {
                "tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14,
            },
        }
        pull = policy({
            "Sid": "LambdaPullsImages", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Condition": {
                "StringEquals": {"aws:SourceAccount": self.account},
                "ArnLike": {"aws:SourceArn": self.arn("lambda", "function:event-processing-*")},
            },
        })
        found = or_none(self.ecr.describe_repositories, repositoryNames=[STACK])
        if not found:
            self.ecr.create_repository(
                **one, imageTagMutability="MUTABLE", imageScanningConfiguration={"scanOnPush": True},
                tags=pairs(tags("images")))
        have = None if not found else or_none(self.ecr.get_lifecycle_policy, **one)
        if not have or canonical(have["lifecyclePolicyText"]) != canonical({"rules": [rule]}):
            self.ecr.put_lifecycle_policy(**one, lifecyclePolicyText=json.dumps({"rules": [rule]}))
        have = None if not found else or_none(self.ecr.get_repository_policy, **one)
        if not have or canonical(have["policyText"]) != canonical(pull):
            self.ecr.set_repository_policy(**one, policyText=json.dumps(pull))
        if found:
            arn = found["repositories"][0]["repositoryArn"]
            if unpaired(self.ecr.list_tags_for_resource(resourceArn=arn)["tags"]) != tags("images"):
                self.ecr.tag_resource(resourceArn=arn, tags=pairs(tags("images")))
        for what in FUNCTIONS:
            self.ensure_image(what)

    def ensure_image(self, what):
        one, layer = {"repositoryName": STACK}, io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            program = (self.folder / f"payment_{what}" / "bootstrap").read_bytes()
            entry = tarfile.TarInfo("var/runtime/bootstrap")
            entry.mode, entry.size = 0o755, len(program)
            archive.addfile(entry, io.BytesIO(program))
        layer = layer.getvalue()
        config = json.dumps({
            "architecture": "amd64", "os": "linux", "config": {"Entrypoint": ["/var/runtime/bootstrap"]},
            "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
        }).encode()

        def blob(sort, content):
            kind = f"application/vnd.oci.image.{sort}"
            return {"mediaType": kind, "digest": digest(content), "size": len(content)}

        manifest = json.dumps({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": blob("config.v1+json", config), "layers": [blob("layer.v1.tar", layer)],
        })
        ids = [{"imageDigest": digest(manifest.encode())}]
        if self.ecr.batch_get_image(**one, imageIds=ids)["images"]:
            return
        self.push(layer)
        self.push(config)
        self.ecr.put_image(**one, imageManifest=manifest, imageTag=what, imageDigest=ids[0]["imageDigest"])

    def push(self, content):
        one, digests = {"repositoryName": STACK}, [digest(content)]
        there = self.ecr.batch_check_layer_availability(**one, layerDigests=digests)["layers"]
        if any(it.get("layerAvailability") == "AVAILABLE" for it in there):
            return
        upload = self.ecr.initiate_layer_upload(**one)["uploadId"]
        for first in range(0, len(content), PART):
            part = content[first:first + PART]
            self.ecr.upload_layer_part(
                **one, uploadId=upload, partFirstByte=first, partLastByte=first + len(part) - 1, layerPartBlob=part)
        self.ecr.complete_layer_upload(**one, uploadId=upload, layerDigests=digests)

    def ensure_functions(self):
        environments = {"trigger": {"STATE_MACHINE_ARN": self.machine}, "enricher": {"KEEP_DAYS": "400"}}
        for what, description in FUNCTIONS.items():
            settings = {
                "Description": description, "Role": self.role_arn(what), "Timeout": 10, "MemorySize": 256,
                "KMSKeyArn": self.key,
            }
            if what in environments:
                settings["Environment"] = {"Variables": environments[what]}
            ensure_function(self.functions, name(what), self.folder / f"payment_{what}", settings, tags(what))
            one = {"FunctionName": name(what)}
            if self.functions.get_function_concurrency(**one).get("ReservedConcurrentExecutions") != 20:
                self.functions.put_function_concurrency(**one, ReservedConcurrentExecutions=20)
        self.ensure_invocation()

    def ensure_invocation(self):
        """By whom the trigger is invoked, and what becomes of what it fails at."""
        one = {"FunctionName": name("trigger")}
        want = {"MaximumRetryAttempts": 2, "DestinationConfig": {"OnFailure": {"Destination": self.trigger_dead}}}
        have = or_none(self.functions.get_function_event_invoke_config, **one) or {}
        have.get("DestinationConfig", {}).pop("OnSuccess", None)
        if {field: have.get(field) for field in want} != want:
            self.functions.put_function_event_invoke_config(**one, **want)
        found = or_none(self.functions.get_policy, **one)
        sids = [it["Sid"] for it in json.loads(found["Policy"])["Statement"]] if found else []
        if PERMISSION not in sids:
            self.functions.add_permission(
                **one, StatementId=PERMISSION, Action="lambda:InvokeFunction", Principal="sns.amazonaws.com",
                SourceArn=self.topic)

    def ensure_machine(self):
        one = {"stateMachineArn": self.machine}
        settings = {
            "definition": json.dumps(self.definition), "roleArn": self.role_arn("workflow"),
            "loggingConfiguration": {
                "level": "ALL", "includeExecutionData": False,
                "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": self.group("workflow") + ":*"}}],
            },
        }
        found = or_none(self.states.describe_state_machine, **one)
        if not found:
            labels = pairs(tags("workflow"), "key", "value")
            self.states.create_state_machine(name=name("workflow"), type="EXPRESS", tags=labels, **settings)
            return
        differs = {field: value for field, value in settings.items() if field != "definition" and found[field] != value}
        if differs or json.loads(found["definition"]) != self.definition:
            self.states.update_state_machine(**one, **settings)
        have = self.states.list_tags_for_resource(resourceArn=self.machine)["tags"]
        if unpaired(have, "key", "value") != tags("workflow"):
            self.states.tag_resource(resourceArn=self.machine, tags=pairs(tags("workflow"), "key", "value"))

    def ensure_subscription(self):
        redrive = {"deadLetterTargetArn": self.trigger_dead}
        pages = self.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self.topic)
        for found in (it for page in pages for it in page["Subscriptions"]):
            if (found["Protocol"], found["Endpoint"]) == ("lambda", self.function("trigger")):
                one = {"SubscriptionArn": found["SubscriptionArn"]}
                have = self.sns.get_subscription_attributes(**one)["Attributes"].get("RedrivePolicy", "{}")
                if json.loads(have) != redrive:
                    self.sns.set_subscription_attributes(
                        **one, AttributeName="RedrivePolicy", AttributeValue=json.dumps(redrive))
                return
        self.sns.subscribe(
            TopicArn=self.topic, Protocol="lambda", Endpoint=self.function("trigger"), ReturnSubscriptionArn=True,
            Attributes={"RedrivePolicy": json.dumps(redrive)})

    def ensure_alarm(self, what):
        told = {
            "trigger": "Payment events did not get into the workflow. They lie in the queue; the trigger's log says why.",
            "workflow": "The workflow failed at payment events. They lie in the queue, each with its reason.",
        }
        want = {
            "AlarmName": name(f"{what}-dlq"), "AlarmDescription": told[what], "Namespace": "AWS/SQS",
            "MetricName": "ApproximateNumberOfMessagesVisible", "Statistic": "Maximum", "Period": 60,
            "Dimensions": [{"Name": "QueueName", "Value": name(f"{what}-dlq")}], "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold", "Threshold": 0.0, "TreatMissingData": "notBreaching",
            "AlarmActions": [self.alerts], "OKActions": [self.alerts],
        }
        address = f"{what}_dead_alarm"
        found = self.cloudwatch.describe_alarms(AlarmNames=[want["AlarmName"]])["MetricAlarms"]
        if not found or any(found[0].get(field) != value for field, value in want.items()):
            self.cloudwatch.put_metric_alarm(**want, Tags=pairs(tags(address)))
        elif unpaired(self.cloudwatch.list_tags_for_resource(ResourceARN=found[0]["AlarmArn"])["Tags"]) != tags(address):
            self.cloudwatch.tag_resource(ResourceARN=found[0]["AlarmArn"], Tags=pairs(tags(address)))


# What ccprov calls its permission by.
PERMISSION = "ccprov-payments"

run(lambda session: EventPipeline(session, *sys.argv[1:]).apply())
