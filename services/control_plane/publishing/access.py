"""Who may ask other services about an environment, as it stands in the environment's entry on CONFIG."""

from __future__ import annotations

from collections.abc import Mapping

from messages.generated import config_pb2 as pb

from control_plane.people.queries import PublishedAccess


def put_access(message: pb.Environment, access: PublishedAccess) -> None:
    """Each set of rights stands once, named by its number from 1."""
    held = [each.rights for each in access.members] + [each.rights for each in access.programs]
    sets = sorted({tuple(sorted(each)) for each in held})
    numbers: Mapping[tuple[str, ...], int] = {each: number for number, each in enumerate(sets, 1)}
    message.right_sets.extend(pb.RightSet(rights=each) for each in sets)
    for member in access.members:
        message.members.add(
            user_id=member.user_id.bytes,
            role=member.role,
            session_generation=member.session_generation,
            right_set=numbers[tuple(sorted(member.rights))],
            ended_sessions=[each.bytes for each in member.ended_sessions],
        )
    for program in access.programs:
        message.service_tokens.add(
            id=program.id.bytes,
            sha256=program.sha256,
            expires_at=round(program.expires_at.timestamp() * 1000) if program.expires_at else 0,
            right_set=numbers[tuple(sorted(program.rights))],
        )
    for key in access.signing_keys:
        message.signing_keys.add(id=key.key_id, public_key=key.public_key, expires_at=key.expires_at)
