import { Button, Checkbox, Stack, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useRight } from "@/api/rights";
import { announce, announceProblem } from "@/components/announce";
import { FormDialog } from "@/components/FormDialog";
import { Guarded } from "@/components/Guarded";
import { zoneName } from "@/lib/format";
import { possible } from "../model";
import type { ChangeRequest, useChangeActions } from "../queries";

type Dialog = "approve" | "reject" | "apply" | "bypass" | "schedule" | "withdraw";

interface Props {
  readonly change: ChangeRequest;
  readonly personId: string;
  readonly reasonDemanded: boolean;
  readonly actions: ReturnType<typeof useChangeActions>;
}

/** All that can be done with the request now. What can't be is there with its reason. */
export function Actions({ change, personId, reasonDemanded, actions }: Props) {
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const can = possible(change, personId);
  const where = change.environments[0];
  const at = where === undefined ? {} : { environment: where };
  const bypass = useRight("change:bypass", where).allowed;
  if (!can.under) return null;
  const close = () => setDialog(null);
  const unschedule = async () => {
    try {
      announce(await actions.unschedule(change.version), { what: "The schedule is cancelled" });
    } catch (thrown) {
      announceProblem(thrown, "The schedule stands");
    }
  };
  const shared = { change, close, actions, reasonDemanded };
  return (
    <Stack gap="xs">
      <Guarded right="change:review" {...at}>
        {(props) => (
          <Button onClick={() => setDialog("approve")} variant={change.approved ? "default" : "filled"} {...props}>
            Approve
          </Button>
        )}
      </Guarded>
      <Guarded right="change:review" {...at}>
        {(props) => (
          <Button variant="default" onClick={() => setDialog("reject")} {...props}>
            Reject
          </Button>
        )}
      </Guarded>
      <Guarded right="change:apply" {...at}>
        {(props) => (
          <Button
            variant={change.approved ? "filled" : "default"}
            onClick={() => setDialog("apply")}
            {...(can.apply
              ? {}
              : { "aria-disabled": true, "data-disabled": true, title: whyNot(change), onClick: nothing })}
            {...props}
          >
            Apply now
          </Button>
        )}
      </Guarded>
      {change.state === "scheduled" ? (
        <Guarded right="change:apply" {...at}>
          {(props) => (
            <Button variant="default" onClick={() => void unschedule()} {...props}>
              Cancel the schedule
            </Button>
          )}
        </Guarded>
      ) : (
        <Guarded right="change:apply" {...at}>
          {(props) => (
            <Button
              variant="default"
              onClick={() => setDialog("schedule")}
              {...(can.schedule
                ? {}
                : { "aria-disabled": true, "data-disabled": true, title: whyNot(change), onClick: nothing })}
              {...props}
            >
              Schedule
            </Button>
          )}
        </Guarded>
      )}
      <Guarded right={change.author.id === personId ? "change:propose" : "change:apply"} {...at}>
        {(props) => (
          <Button variant="subtle" color="gray" onClick={() => setDialog("withdraw")} {...props}>
            Withdraw the request
          </Button>
        )}
      </Guarded>
      {can.bypass && bypass && (
        <Button variant="subtle" color="red" onClick={() => setDialog("bypass")}>
          Apply without approval
        </Button>
      )}
      {(dialog === "approve" || dialog === "reject") && <ReviewDialog {...shared} verdict={dialog} />}
      {(dialog === "apply" || dialog === "bypass") && <ApplyDialog {...shared} bypass={dialog === "bypass"} />}
      {dialog === "schedule" && <ScheduleDialog {...shared} />}
      {dialog === "withdraw" && (
        <FormDialog
          opened
          onClose={close}
          title="Withdraw the request"
          confirm="Withdraw the request"
          onSubmit={async () =>
            announce(await actions.withdraw(change.version), { what: `Withdrew #${change.number}` })
          }
        >
          It ends without being applied. What it says can be proposed again.
        </FormDialog>
      )}
    </Stack>
  );
}

const nothing = () => undefined;

function whyNot(change: ChangeRequest): string {
  if (change.edits.some((each) => each.collisions.length > 0))
    return "It collides with another change: rebase it first";
  if (change.state === "rejected") return "It is rejected";
  if (change.state === "scheduled") return "It is scheduled";
  return "Approvals are missing";
}

interface DialogProps {
  readonly change: ChangeRequest;
  readonly close: () => void;
  readonly actions: ReturnType<typeof useChangeActions>;
  readonly reasonDemanded: boolean;
}

function ReviewDialog({ change, close, actions, verdict }: DialogProps & { readonly verdict: "approve" | "reject" }) {
  const [comment, setComment] = useState("");
  const approve = verdict === "approve";
  return (
    <FormDialog
      opened
      onClose={close}
      title={approve ? `Approve #${change.number}` : `Reject #${change.number}`}
      confirm={approve ? "Approve" : "Reject"}
      onSubmit={async () =>
        announce(await actions.review(verdict, comment, change.version), {
          what: `${approve ? "Approved" : "Rejected"} #${change.number}`,
        })
      }
    >
      <Textarea
        label="Comment (optional)"
        autosize
        minRows={3}
        data-autofocus
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

function ApplyDialog({ change, close, actions, reasonDemanded, bypass }: DialogProps & { readonly bypass: boolean }) {
  const [reason, setReason] = useState("");
  const [sure, setSure] = useState(false);
  const demanded = bypass || reasonDemanded;
  const incomplete =
    demanded && reason.trim() === "" ? "Say why" : bypass && !sure ? "Confirm that nobody has agreed" : "";
  return (
    <FormDialog
      opened
      onClose={close}
      title={bypass ? "Apply without approval" : `Apply #${change.number}`}
      confirm={`Apply in ${change.environments.join(", ") || "the project"}`}
      incomplete={incomplete}
      onSubmit={async () =>
        announce(await actions.apply(change.version, { reason, bypass }), { what: `Applied #${change.number}` })
      }
    >
      <span>All edits are made together, as one version of each environment.</span>
      <Textarea
        label={demanded ? "Reason" : "Reason (optional)"}
        description="It stands in the audit log beside the change."
        required={demanded}
        autosize
        minRows={2}
        maxLength={500}
        data-autofocus
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      {bypass && (
        <Checkbox
          label="I go past the approvals that are missing; the audit log keeps it"
          checked={sure}
          onChange={(event) => setSure(event.currentTarget.checked)}
        />
      )}
    </FormDialog>
  );
}

function ScheduleDialog({ change, close, actions, reasonDemanded }: DialogProps) {
  const [at, setAt] = useState("");
  const [reason, setReason] = useState("");
  const moment = at === "" ? null : new Date(at);
  const past = moment !== null && moment.getTime() <= Date.now();
  const zone = zoneName();
  const incomplete =
    moment === null
      ? "Choose a moment"
      : past
        ? "It has passed"
        : reasonDemanded && reason.trim() === ""
          ? "Say why"
          : "";
  return (
    <FormDialog
      opened
      onClose={close}
      title={`Schedule #${change.number}`}
      confirm="Schedule"
      incomplete={incomplete}
      onSubmit={async () => {
        if (moment === null) return;
        announce(await actions.schedule(moment.toISOString(), change.version, reason), {
          what: `Scheduled #${change.number}`,
        });
      }}
    >
      <TextInput
        type="datetime-local"
        label="Apply it at"
        description={`In your time zone, ${zone}. It is applied as you, if you and the reviewers still may.`}
        required
        error={past ? "This moment has passed" : null}
        value={at}
        onChange={(event) => setAt(event.currentTarget.value)}
      />
      <Textarea
        label={reasonDemanded ? "Reason" : "Reason (optional)"}
        required={reasonDemanded}
        autosize
        minRows={2}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
