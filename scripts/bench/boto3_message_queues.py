#!/usr/bin/env python3
"""The queues and the bus of stacks/message_queues.yaml by hand: what a careful engineer would write with boto3.

One call after another. What exists is read and compared, and only what differs is written, so the script
can be run again; what does not exist is created with as few calls as AWS permits. It makes the same objects
as ccprov, with the same documents and tags: `ccprov plan stacks/message_queues.yaml --var schema_registry=false`
afterwards shows no changes, and `make bench` checks that it is so.

    boto3_message_queues.py

Says in JSON how many calls it made and in how many seconds. These begin after Python's imports.
"""

import json

from careful import canonical, ensure_key, ensure_queue, or_none, pairs, policy, run, statement, tls_only, unpaired

STACK = "orion-dev"
BUS = f"{STACK}-events"
# Each with what it wants otherwise than the others, and the pattern of the events that it gets.
QUEUES = {
    "billing": {
        "fifo": True, "visibility": 300, "receives": 5, "depth": 500, "age": 86400, "attempts": 185,
        "description": "What costs something, in order",
        "pattern": {"source": ["orion.orders", "orion.refunds"], "detail": {"amount": [{"numeric": [">", 0]}]}},
    },
    "notifications": {
        "fifo": False, "visibility": 30, "receives": 3, "depth": 5000, "age": 3600, "attempts": 10,
        "description": "Whatever a customer is told of",
        "pattern": {"source": [{"prefix": "orion."}], "detail": {"notify": [True]}},
    },
    "orders": {
        "fifo": False, "visibility": 120, "receives": 5, "depth": 1000, "age": 86400, "attempts": 185,
        "description": "Orders, for those who fulfil them",
        "pattern": {"source": ["orion.orders"], "detail-type": ["OrderPlaced", "OrderCancelled"]},
    },
}
ARCHIVED = {"source": [{"prefix": "orion."}]}


def tags(address):
    own = {"ccprov:stack": STACK, "ccprov:address": address}
    return {"Project": "orion", "Environment": "dev"} | own


def queue_name(what):
    return f"{STACK}-{what}" + (".fifo" if QUEUES[what]["fifo"] else "")


def dlq_name(what):
    return f"{STACK}-{what}-dlq" + (".fifo" if QUEUES[what]["fifo"] else "")


class MessageQueues:
    def __init__(self, session):
        names = ("cloudwatch", "events", "kms", "sns", "sqs", "sts")
        self.cloudwatch, self.events, self.kms, self.sns, self.sqs, sts = [session.client(it) for it in names]
        self.account = sts.get_caller_identity()["Account"]
        self.region = session.region_name
        self.alerts, self.dead = self.arn("sns", f"{STACK}-alerts"), self.arn("sqs", f"{BUS}-dead-letters")
        self.bus = self.arn("events", f"event-bus/{BUS}")
        self.rules = {it: self.arn("events", f"rule/{BUS}/{BUS}-{it}") for it in QUEUES}
        self.mine = {"aws:SourceAccount": self.account}

    def arn(self, service, rest):
        return f"arn:aws:{service}:{self.region}:{self.account}:{rest}"

    def queue(self, what):
        return self.arn("sqs", queue_name(what))

    def dlq(self, what):
        return self.arn("sqs", dlq_name(what))

    def apply(self):
        self.key = self.ensure_key()
        self.ensure_topic()
        for what in QUEUES:
            self.ensure_queue(what)
        self.ensure_dead_letters()
        self.ensure_bus()
        for what in QUEUES:
            self.ensure_rule(what)
        self.ensure_archive()
        for what in QUEUES:
            self.ensure_alarms(what)
        self.ensure_alarm(
            f"{BUS}-undelivered", "events.undelivered",
            f"Targets did not take events of {BUS}. They lie in its dead-letter queue, each with the reason.",
            "AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": f"{BUS}-dead-letters"})

    def alarms(self):
        return {"ArnLike": {"aws:SourceArn": self.arn("cloudwatch", f"alarm:{STACK}-*")}, "StringEquals": self.mine}

    def ensure_key(self):
        want = policy(
            statement("AccountAdministersKey", "Allow", {"AWS": f"arn:aws:iam::{self.account}:root"}, "kms:*", "*"),
            statement("RulesSend", "Allow", {"Service": "events.amazonaws.com"},
                      ["kms:DescribeKey", "kms:GenerateDataKey", "kms:ReEncrypt*", "kms:Decrypt"], "*"),
            statement("AlarmsAreTold", "Allow", {"Service": "cloudwatch.amazonaws.com"},
                      ["kms:GenerateDataKey*", "kms:Decrypt"], "*", **self.alarms()))
        return ensure_key(self.kms, f"alias/{STACK}", f"Messages and events of {STACK} at rest", want, tags("key"))

    def ensure_topic(self):
        want = policy(
            statement("AlarmsAreTold", "Allow", {"Service": "cloudwatch.amazonaws.com"}, "sns:Publish", self.alerts,
                      **self.alarms()),
            tls_only("sns:Publish", self.alerts))
        one = {"TopicArn": self.alerts}
        found = or_none(self.sns.get_topic_attributes, **one)
        if not found:
            self.sns.create_topic(
                Name=f"{STACK}-alerts", Tags=pairs(tags("alerts")),
                Attributes={"KmsMasterKeyId": self.key, "Policy": json.dumps(want)})
            return
        have = found["Attributes"]
        if have.get("KmsMasterKeyId") != self.key:
            self.sns.set_topic_attributes(**one, AttributeName="KmsMasterKeyId", AttributeValue=self.key)
        if canonical(have["Policy"]) != canonical(want):
            self.sns.set_topic_attributes(**one, AttributeName="Policy", AttributeValue=json.dumps(want))
        if unpaired(self.sns.list_tags_for_resource(ResourceArn=self.alerts)["Tags"]) != tags("alerts"):
            self.sns.tag_resource(ResourceArn=self.alerts, Tags=pairs(tags("alerts")))

    def encrypted(self, **more):
        return {"KmsMasterKeyId": self.key, "KmsDataKeyReusePeriodSeconds": "300"} | more

    def from_rules(self, arn, rules):
        return statement(
            "RulesSend", "Allow", {"Service": "events.amazonaws.com"}, "sqs:SendMessage", arn,
            StringEquals=self.mine, ArnEquals={"aws:SourceArn": rules})

    def ensure_queue(self, what):
        want, arn, dead = QUEUES[what], self.queue(what), self.dlq(what)
        fifo = {"FifoQueue": "true"} if want["fifo"] else {}
        ordered = {"DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue"} if fifo else {}
        ensure_queue(
            self.sqs, dlq_name(what), self.encrypted(MessageRetentionPeriod="1209600") | ordered,
            {
                "Policy": policy(tls_only("sqs:*", dead)),
                "RedriveAllowPolicy": {"redrivePermission": "byQueue", "sourceQueueArns": [arn]},
            },
            tags(f"queues.dlq.{what}"), **fifo)
        attributes = self.encrypted(VisibilityTimeout=str(want["visibility"]), ReceiveMessageWaitTimeSeconds="20")
        if fifo:
            attributes |= ordered | {"ContentBasedDeduplication": "true"}
        ensure_queue(
            self.sqs, queue_name(what), attributes,
            {
                "Policy": policy(tls_only("sqs:*", arn), self.from_rules(arn, self.rules[what])),
                "RedrivePolicy": {"deadLetterTargetArn": dead, "maxReceiveCount": want["receives"]},
                "RedriveAllowPolicy": {"redrivePermission": "denyAll"},
            },
            tags(f"queues.queue.{what}"), **fifo)

    def ensure_dead_letters(self):
        from_bus = statement(
            "BusSends", "Allow", {"Service": "events.amazonaws.com"}, "sqs:SendMessage", self.dead,
            StringEquals=self.mine, ArnEquals={"aws:SourceArn": self.bus})
        ensure_queue(
            self.sqs, f"{BUS}-dead-letters", self.encrypted(MessageRetentionPeriod="1209600"),
            {
                "Policy": policy(
                    tls_only("sqs:*", self.dead), self.from_rules(self.dead, list(self.rules.values())), from_bus),
                "RedriveAllowPolicy": {"redrivePermission": "denyAll"},
            },
            tags("events.dead_letters"))

    def ensure_bus(self):
        want = {"KmsKeyIdentifier": self.key, "DeadLetterConfig": {"Arn": self.dead}}
        found = or_none(self.events.describe_event_bus, Name=BUS)
        if not found:
            self.events.create_event_bus(Name=BUS, Tags=pairs(tags("events.bus")), **want)
            return
        if any(found.get(field) != value for field, value in want.items()):
            self.events.update_event_bus(Name=BUS, **want)
        self.ensure_tags(self.bus, tags("events.bus"))

    def ensure_tags(self, arn, want):
        if unpaired(self.events.list_tags_for_resource(ResourceARN=arn)["Tags"]) != want:
            self.events.tag_resource(ResourceARN=arn, Tags=pairs(want))

    def ensure_rule(self, what):
        want, one = QUEUES[what], {"Rule": f"{BUS}-{what}", "EventBusName": BUS}
        found = or_none(self.events.describe_rule, Name=one["Rule"], EventBusName=BUS)
        labels = tags(f"events.rule.{what}") | {"ccprov:targets": what} # by which ccprov knows its targets
        has = found and json.loads(found["EventPattern"]) == want["pattern"] and found["State"] == "ENABLED"
        if not has or found.get("Description") != want["description"]:
            self.events.put_rule(
                Name=one["Rule"], EventBusName=BUS, Description=want["description"], State="ENABLED",
                EventPattern=json.dumps(want["pattern"]), **({} if found else {"Tags": pairs(labels)}))
        target = {
            "Id": what, "Arn": self.queue(what), "DeadLetterConfig": {"Arn": self.dead},
            "RetryPolicy": {"MaximumEventAgeInSeconds": want["age"], "MaximumRetryAttempts": want["attempts"]},
        }
        if want["fifo"]:
            target["SqsParameters"] = {"MessageGroupId": what}
        if not found or self.events.list_targets_by_rule(**one)["Targets"] != [target]:
            failed = self.events.put_targets(**one, Targets=[target])["FailedEntries"]
            if failed:
                raise RuntimeError(failed)
        if found:
            self.ensure_tags(self.rules[what], labels)

    def ensure_archive(self):
        want, name = {"RetentionDays": 30, "KmsKeyIdentifier": self.key}, f"{BUS}-archive"
        found = or_none(self.events.describe_archive, ArchiveName=name)
        if not found:
            self.events.create_archive(
                ArchiveName=name, EventSourceArn=self.bus, EventPattern=json.dumps(ARCHIVED), **want)
            return
        is_same = all(found.get(field) == value for field, value in want.items())
        if not is_same or json.loads(found["EventPattern"]) != ARCHIVED:
            self.events.update_archive(ArchiveName=name, EventPattern=json.dumps(ARCHIVED), **want)

    def ensure_alarms(self, what):
        messages = "ApproximateNumberOfMessagesVisible"
        self.ensure_alarm(
            f"{STACK}-{what}-depth", f"queues.depth.{what}", f"Messages of {what} are not fetched as fast as they come.",
            "AWS/SQS", messages, {"QueueName": queue_name(what)},
            Statistic="Average", Period=300, EvaluationPeriods=3, Threshold=float(QUEUES[what]["depth"]))
        self.ensure_alarm(
            f"{STACK}-{what}-dead-letters", f"queues.dead_letters.{what}",
            f"Messages of {what} could not be processed. They lie in its dead-letter queue.",
            "AWS/SQS", messages, {"QueueName": dlq_name(what)})
        self.ensure_alarm(
            f"{BUS}-{what}-lost", f"events.lost.{what}",
            f"An event of the rule {what} got neither to its target nor to the dead letters.",
            "AWS/Events", "InvocationsFailedToBeSentToDlq", {"EventBusName": BUS, "RuleName": f"{BUS}-{what}"},
            Statistic="Sum")

    def ensure_alarm(self, name, address, description, namespace, metric, dimensions, **otherwise):
        want = {
            "AlarmName": name, "AlarmDescription": description, "Namespace": namespace, "MetricName": metric,
            "Dimensions": pairs(dimensions, "Name"), "Statistic": "Maximum", "Period": 60, "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold", "Threshold": 0.0, "TreatMissingData": "notBreaching",
            "AlarmActions": [self.alerts], "OKActions": [self.alerts],
        } | otherwise
        found = self.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        if not found or any(found[0].get(field) != value for field, value in want.items()):
            self.cloudwatch.put_metric_alarm(**want, Tags=pairs(tags(address)))
        elif unpaired(self.cloudwatch.list_tags_for_resource(ResourceARN=found[0]["AlarmArn"])["Tags"]) != tags(address):
            self.cloudwatch.tag_resource(ResourceARN=found[0]["AlarmArn"], Tags=pairs(tags(address)))


run(lambda session: MessageQueues(session).apply())
