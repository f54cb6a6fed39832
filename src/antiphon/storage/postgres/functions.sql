-- The hot path on PostgreSQL: accept, claim, commit. Each is one statement, one round trip and one transaction.
--
-- Every function that changes a conversation takes the lock on its row first; the statements after it see all that
-- was committed before they had the lock. Locks are taken in one order: address, conversation, its runs, and last
-- what only an insert can wait for (an idempotency key, a lead's id). So nobody waits for somebody who waits.
--
-- A conversation's runs are worked strictly in order: `last_position` counts what was accepted, `worked` what was
-- worked. It waits when the two differ, and only then can it be held; then the run at `worked + 1` is there. Erased runs
-- leave gaps, which whoever moves `worked` skips. Every change of hands moves the fence.
--
-- Parameters begin with an underscore. Times are microseconds; `_now` is null except where a clock of its own was
-- given. <v> is replaced by a digest of this file: versions of us that run side by side each call their own.

CREATE TYPE antiphon_answer<v> AS (
    verdict text, -- accepted, known, reused; claimed; stored, abandoned, lost
    conversation_id text, contact_id text, address text, pack text, pack_version text,
    fence bigint, state text, sequence bigint, head bytea,
    run_id text, "position" bigint, change text, attempts integer, created_at bigint
);

CREATE FUNCTION antiphon_now<v>(_now bigint) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT coalesce(_now, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
$$;

-- Store an arrival as a queued run. With an owner, claim the conversation if nothing else waits in it.
CREATE FUNCTION antiphon_accept<v>(
    _tenant text, _pack text, _pack_version text, _space text, _address text, _contact_id text, _conversation_id text,
    _run_id text, _change text, _key text, _fingerprint text, _key_since bigint, _at bigint, _state text, _head bytea,
    _name text, _owner text, _now bigint, _lease bigint
) RETURNS SETOF antiphon_answer<v> LANGUAGE plpgsql AS $$
DECLARE
    c conversations;
    person text;
    claimed boolean;
BEGIN
    IF _key IS NOT NULL THEN
        UPDATE runs SET idempotency_key = NULL
         WHERE tenant = _tenant AND idempotency_key = _key AND created_at < _key_since;
        RETURN QUERY
        SELECT CASE WHEN fingerprint IS NOT DISTINCT FROM _fingerprint THEN 'known' ELSE 'reused' END,
               conversation_id, NULL, NULL, NULL, NULL, NULL::bigint, NULL, NULL::bigint, NULL::bytea,
               id, "position", NULL, NULL::integer, NULL::bigint
          FROM runs WHERE tenant = _tenant AND idempotency_key = _key;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;

    LOOP -- once, or twice for a conversation's first arrival
        -- Who first, and then their conversation, each by a unique index: as one join it would be planned by statistics,
        -- which a new database does not have yet.
        SELECT contact_id INTO person FROM addresses
         WHERE tenant = _tenant AND space = _space AND address = _address;
        UPDATE conversations
           SET last_position = last_position + 1,
               fence = fence + (_owner IS NOT NULL AND worked = last_position)::integer,
               lease_owner = CASE WHEN _owner IS NOT NULL AND worked = last_position THEN _owner ELSE lease_owner END,
               lease_until = CASE WHEN _owner IS NOT NULL AND worked = last_position
                             THEN antiphon_now<v>(_now) + _lease ELSE lease_until END
         WHERE tenant = _tenant AND contact_id = person AND pack = _pack
        RETURNING * INTO c;
        EXIT WHEN FOUND;
        PERFORM antiphon_begin<v>(
            _tenant, _pack, _pack_version, _space, _address, _contact_id, _conversation_id, _at, _state, _head,
            _name);
    END LOOP;

    claimed := _owner IS NOT NULL AND c.worked = c.last_position - 1;
    INSERT INTO runs (tenant, id, conversation_id, "position", pack, change, status, attempts,
                      idempotency_key, fingerprint, created_at)
    VALUES (_tenant, _run_id, c.id, c.last_position, _pack, _change,
            CASE WHEN claimed THEN 'running' ELSE 'queued' END, claimed::integer, _key, _fingerprint, _at);
    RETURN QUERY
    SELECT CASE WHEN claimed THEN 'claimed' ELSE 'accepted' END,
           c.id, c.contact_id, c.address, c.pack, c.pack_version, c.fence, c.state, c.sequence, c.head,
           _run_id, c.last_position, _change, claimed::integer, _at;
END $$;

-- The first conversation of a person with a pack; the person too, when nobody has seen them before. Of several who
-- do this at once one succeeds, and the others find what it made.
CREATE FUNCTION antiphon_begin<v>(
    _tenant text, _pack text, _pack_version text, _space text, _address text, _contact_id text, _conversation_id text,
    _at bigint, _state text, _head bytea, _name text
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO addresses (tenant, space, address, contact_id) VALUES (_tenant, _space, _address, _contact_id)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO contacts (tenant, id, created_at, name) VALUES (_tenant, _contact_id, _at, _name);
    END IF;
    INSERT INTO conversations (tenant, id, pack, contact_id, pack_version, space, address, state, sequence, head,
                               last_position, worked, fence, created_at, updated_at)
    SELECT _tenant, _conversation_id, _pack, contact_id, _pack_version, _space, _address, _state, 0, _head,
           0, 0, 0, _at, _at
      FROM addresses WHERE tenant = _tenant AND space = _space AND address = _address
    ON CONFLICT (tenant, contact_id, pack) DO NOTHING;
END $$;

-- Take a conversation for its next run; in the packs of _merge, for all messages at the head of the line. One row a
-- run, and none when it is taken or nothing waits.
CREATE FUNCTION antiphon_claim<v>(
    _tenant text, _id text, _owner text, _merge text[], _now bigint, _lease bigint
) RETURNS SETOF antiphon_answer<v> LANGUAGE plpgsql AS $$
DECLARE
    c conversations;
    last bigint;
BEGIN
    SELECT * INTO c FROM conversations WHERE tenant = _tenant AND id = _id FOR UPDATE;
    IF NOT FOUND OR c.worked = c.last_position
       OR (c.lease_owner IS NOT NULL AND c.lease_until > antiphon_now<v>(_now)) THEN
        RETURN;
    END IF;
    IF c.lease_owner IS NOT NULL THEN -- taken over: what its last owner was working waits again
        UPDATE runs SET status = 'queued'
         WHERE tenant = _tenant AND conversation_id = _id AND "position" > c.worked AND status = 'running';
    END IF;
    last := c.worked + 1;
    IF c.pack = ANY (_merge) AND last < c.last_position THEN
        SELECT greatest(last, coalesce(min("position") - 1, c.last_position)) INTO last
          FROM runs WHERE tenant = _tenant AND conversation_id = _id AND "position" > c.worked
                      AND change::json ->> 'kind' <> 'message';
    END IF;
    UPDATE conversations SET fence = fence + 1, lease_owner = _owner, lease_until = antiphon_now<v>(_now) + _lease
     WHERE tenant = _tenant AND id = _id
    RETURNING fence INTO c.fence;
    RETURN QUERY
    UPDATE runs AS r SET status = 'running', attempts = r.attempts + 1
     WHERE r.tenant = _tenant AND r.conversation_id = _id AND r."position" BETWEEN c.worked + 1 AND last
    RETURNING 'claimed', c.id, c.contact_id, c.address, c.pack, c.pack_version, c.fence, c.state, c.sequence, c.head,
              r.id, r."position", r.change, r.attempts, r.created_at;
END $$;

-- Up to which position nothing waits any more, when all up to _position was worked: erased runs leave gaps.
CREATE FUNCTION antiphon_worked_after<v>(_tenant text, _id text, _position bigint, _last_position bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN coalesce((SELECT min("position") - 1 FROM runs
                      WHERE tenant = _tenant AND conversation_id = _id AND "position" > _position), _last_position);
END $$;

-- Store a turn whole, or abandon its draft for a newer message. The first row says what became of it; the others are
-- the claim to go on with, when an owner asks for it and more waits.
CREATE FUNCTION antiphon_commit<v>(
    _tenant text, _id text, _fence bigint, _position bigint, _runs text[], _yields boolean,
    _state text, _sequence bigint, _head bytea, _at bigint,
    _status text, _outcome text, _intent text, _finished_at bigint, _versions text,
    _shown_status text, _channels text, _active_channel text, _processes json,
    _owner text, _merge text[], _now bigint, _lease bigint,
    _event_sequences bigint[], _event_kinds text[], _event_times bigint[], _event_payloads bytea[],
    _event_keys bytea[], _event_digests bytea[], _event_hashes bytea[],
    _step_places integer[], _step_nodes text[], _step_agents text[], _step_actions text[], _step_outputs text[],
    _step_whys text[], _step_times double precision[],
    _effect_keys text[], _effect_kinds text[], _effect_payloads text[], _effect_repeatable integer[],
    _effect_limits integer[], _effect_priorities integer[], _effect_times bigint[], _effect_bindings text[],
    _lead_ids text[], _lead_packs text[], _lead_forms text[], _lead_values text[], _lead_statuses text[]
) RETURNS SETOF antiphon_answer<v> LANGUAGE plpgsql AS $$
DECLARE
    c conversations;
    answer antiphon_answer<v>;
    run_id CONSTANT text := _runs[cardinality(_runs)]; -- the one that the turn is recorded under
BEGIN
    SELECT * INTO c FROM conversations WHERE tenant = _tenant AND id = _id FOR UPDATE;
    IF NOT FOUND OR c.fence <> _fence OR c.lease_owner IS NULL THEN
        answer.verdict := 'lost';
        RETURN NEXT answer;
        RETURN;
    END IF;

    IF _yields AND _position < c.last_position AND EXISTS (
        SELECT FROM (SELECT change FROM runs WHERE tenant = _tenant AND conversation_id = _id AND "position" > _position
                      ORDER BY "position" LIMIT 1) AS behind
         WHERE change::json ->> 'kind' = 'message') THEN
        PERFORM antiphon_release<v>(_tenant, _id, _fence, _runs);
        answer.verdict := 'abandoned';
    ELSE
        UPDATE conversations
           SET state = _state, sequence = _sequence, head = _head, fence = fence + 1,
               worked = CASE WHEN _position = last_position THEN _position
                        ELSE antiphon_worked_after<v>(_tenant, _id, _position, last_position) END,
               lease_owner = NULL, lease_until = NULL, updated_at = _at,
               status = _shown_status, channels = _channels, active_channel = _active_channel,
               resolved_at = CASE WHEN _shown_status = 'resolved' THEN coalesce(resolved_at, _at) END
         WHERE tenant = _tenant AND id = _id;
        UPDATE runs
           SET status = _status, outcome = _outcome, intent = _intent, finished_at = _finished_at, versions = _versions,
               merged_into = nullif(run_id, id)
         WHERE tenant = _tenant AND id = ANY (_runs);
        INSERT INTO events (tenant, conversation_id, sequence, kind, at, payload, key, digest, hash)
        SELECT _tenant, _id, e.* FROM unnest(_event_sequences, _event_kinds, _event_times, _event_payloads,
                                             _event_keys, _event_digests, _event_hashes) AS e;
        INSERT INTO steps (tenant, run_id, place, node, agent, action, output, why, ms)
        SELECT _tenant, run_id, s.* FROM unnest(_step_places, _step_nodes, _step_agents, _step_actions,
                                                _step_outputs, _step_whys, _step_times) AS s;
        IF _processes IS NOT NULL THEN
            PERFORM antiphon_change_processes<v>(_tenant, _id, _processes, _at);
        END IF;
        IF _effect_keys <> '{}' THEN
            INSERT INTO effects (tenant, run_id, conversation_id, pack, created_at, status, attempts,
                                 key, kind, payload, repeatable, max_attempts, priority, due_at, binding_id)
            SELECT _tenant, run_id, _id, c.pack, _at, 'pending', 0, e.*
              FROM unnest(_effect_keys, _effect_kinds, _effect_payloads, _effect_repeatable,
                          _effect_limits, _effect_priorities, _effect_times, _effect_bindings) AS e
            ON CONFLICT DO NOTHING; -- kept once: a run that is worked again finds its promise kept already
        END IF;
        IF _lead_ids <> '{}' THEN
            INSERT INTO leads (tenant, conversation_id, run_id, captured_at, id, pack, form, "values", status)
            SELECT _tenant, _id, run_id, _at, l.*
              FROM unnest(_lead_ids, _lead_packs, _lead_forms, _lead_values, _lead_statuses) AS l;
        END IF;
        answer.verdict := 'stored';
    END IF;

    RETURN NEXT answer;
    IF _owner IS NOT NULL THEN
        RETURN QUERY SELECT * FROM antiphon_claim<v>(_tenant, _id, _owner, _merge, _now, _lease);
    END IF;
END $$;

-- The bindings that a turn began or moved, and the follow-ups of before that it cancels or closes: `begun` (rows of
-- bindings), `moved` and `cancels` (objects), each in order, and `closes`.
CREATE FUNCTION antiphon_change_processes<v>(_tenant text, _id text, _processes json, _at bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one json;
BEGIN
    INSERT INTO bindings SELECT * FROM json_populate_recordset(NULL::bindings, _processes -> 'begun');
    FOR one IN SELECT * FROM json_array_elements(_processes -> 'moved') LOOP
        UPDATE bindings
           SET version = one ->> 'version', state = one ->> 'state', is_terminal = (one ->> 'is_terminal')::integer,
               updated_at = (one ->> 'updated_at')::bigint, resolved_at = (one ->> 'resolved_at')::bigint
         WHERE tenant = _tenant AND id = one ->> 'id';
    END LOOP;
    FOR one IN SELECT * FROM json_array_elements(_processes -> 'cancels') LOOP
        UPDATE effects SET status = 'cancelled', settled_at = _at
         WHERE tenant = _tenant AND conversation_id = _id AND kind IN ('followup', 'check') AND status = 'pending'
           AND kind IN (SELECT * FROM json_array_elements_text(one -> 'kinds'))
           AND (one ->> 'binding_id' IS NULL OR binding_id = one ->> 'binding_id');
    END LOOP;
    UPDATE effects SET closed = _processes ->> 'closes'
     WHERE _processes ->> 'closes' IS NOT NULL AND tenant = _tenant AND conversation_id = _id
       AND kind IN ('followup', 'check') AND kind = 'followup' AND status = 'done' AND closed = '';
END $$;

-- Keep what is known of a person: a new one, or one who is still as the caller saw them; otherwise false. `_before` and
-- `_after` are external_id, name, role, organization, tags and metadata. An address of somebody else's stays theirs.
CREATE FUNCTION antiphon_save_contact<v>(
    _tenant text, _id text, _before text[], _after text[], _at bigint,
    _spaces text[], _addresses text[], _preferred integer[], _verified integer[]
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF _before IS NULL THEN
        INSERT INTO contacts (tenant, id, created_at, external_id, name, role, organization, tags, metadata)
        VALUES (_tenant, _id, _at, _after[1], _after[2], _after[3], _after[4], _after[5], _after[6])
        ON CONFLICT DO NOTHING;
    ELSE
        UPDATE contacts
           SET external_id = _after[1], name = _after[2], role = _after[3], organization = _after[4],
               tags = _after[5], metadata = _after[6]
         WHERE tenant = _tenant AND id = _id
           AND ARRAY[external_id, name, role, organization, tags, metadata] IS NOT DISTINCT FROM _before;
    END IF;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO addresses AS a (tenant, contact_id, space, address, preferred, verified)
    SELECT _tenant, _id, new.* FROM unnest(_spaces, _addresses, _preferred, _verified) AS new
    ON CONFLICT (tenant, space, address) DO UPDATE SET preferred = excluded.preferred, verified = excluded.verified
     WHERE a.contact_id = excluded.contact_id;
    -- Somebody came by one of these addresses since the caller looked: it may be the same person.
    IF _before IS NULL AND EXISTS (
        SELECT FROM unnest(_spaces, _addresses) AS new (space, address)
          JOIN addresses a ON a.tenant = _tenant AND a.space = new.space AND a.address = new.address
          JOIN contacts c ON c.tenant = _tenant AND c.id = a.contact_id
         WHERE c.id <> _id AND (c.external_id IS NULL OR _after[1] IS NULL)) THEN
        DELETE FROM addresses WHERE tenant = _tenant AND contact_id = _id;
        DELETE FROM contacts WHERE tenant = _tenant AND id = _id;
        RETURN false;
    END IF;
    RETURN true;
END $$;

-- Give a claim back undone. Nothing happens when the fence has moved.
CREATE FUNCTION antiphon_release<v>(_tenant text, _id text, _fence bigint, _runs text[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE conversations SET fence = fence + 1, lease_owner = NULL, lease_until = NULL
     WHERE tenant = _tenant AND id = _id AND fence = _fence;
    IF FOUND THEN
        UPDATE runs SET status = 'queued' WHERE tenant = _tenant AND id = ANY (_runs);
    END IF;
END $$;

-- Extend the leases of claims whose fence has not moved; in the order of their ids, as everybody does who takes
-- several locks.
CREATE FUNCTION antiphon_renew<v>(_tenant text, _ids text[], _fences bigint[], _now bigint, _lease bigint)
RETURNS void LANGUAGE sql AS $$
    WITH held AS (
        SELECT id, c.fence
          FROM conversations AS c JOIN unnest(_ids, _fences) AS claimed (id, fence) USING (id)
         WHERE c.tenant = _tenant AND c.fence = claimed.fence AND c.lease_owner IS NOT NULL
         ORDER BY id FOR UPDATE OF c
    )
    UPDATE conversations AS c SET lease_until = antiphon_now<v>(_now) + _lease
      FROM held WHERE c.tenant = _tenant AND c.id = held.id AND c.fence = held.fence
$$;

-- Erase the runs of one turn: rows, and what their events said. False and nothing when the log is longer than _expected.
-- Whoever holds the conversation loses it, and what they were working waits again.
CREATE FUNCTION antiphon_erase<v>(
    _tenant text, _id text, _expected bigint, _runs text[], _erased bigint[], _state text, _at bigint,
    _shown_status text, _channels text, _active_channel text, _bindings json,
    _event_sequences bigint[], _event_kinds text[], _event_times bigint[], _event_payloads bytea[],
    _event_keys bytea[], _event_digests bytea[], _event_hashes bytea[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    c conversations;
BEGIN
    SELECT * INTO c FROM conversations WHERE tenant = _tenant AND id = _id FOR UPDATE;
    IF NOT FOUND OR c.sequence <> _expected THEN
        RETURN false;
    END IF;
    DELETE FROM runs WHERE tenant = _tenant AND id = ANY (_runs);
    UPDATE runs SET status = 'queued'
     WHERE tenant = _tenant AND conversation_id = _id AND "position" > c.worked AND status = 'running';
    UPDATE conversations
       SET state = _state, sequence = _event_sequences[cardinality(_event_sequences)],
           head = _event_hashes[cardinality(_event_hashes)],
           worked = antiphon_worked_after<v>(_tenant, _id, worked, last_position),
           fence = fence + 1, lease_owner = NULL, lease_until = NULL, updated_at = _at,
           status = _shown_status, channels = _channels, active_channel = _active_channel,
           resolved_at = CASE WHEN _shown_status = 'resolved' THEN coalesce(resolved_at, _at) END
     WHERE tenant = _tenant AND id = _id;
    -- Of the bindings stays what the log still tells of; nobody is reminded of those that are gone.
    DELETE FROM bindings WHERE tenant = _tenant AND pack = c.pack AND conversation_id = _id;
    INSERT INTO bindings SELECT * FROM json_populate_recordset(NULL::bindings, _bindings);
    UPDATE effects SET status = 'cancelled', settled_at = _at
     WHERE tenant = _tenant AND conversation_id = _id AND kind IN ('followup', 'check') AND status = 'pending'
       AND binding_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM bindings b WHERE b.tenant = _tenant AND b.id = effects.binding_id);
    DELETE FROM steps WHERE tenant = _tenant AND run_id = ANY (_runs);
    DELETE FROM effects AS e USING unnest(_runs) AS gone -- whose keys begin with the run, and that is indexed
     WHERE e.tenant = _tenant AND e.key > gone || ':' AND e.key < gone || ';' AND e.run_id = gone;
    DELETE FROM leads WHERE tenant = _tenant AND run_id = ANY (_runs);
    UPDATE events SET payload = NULL, key = NULL
     WHERE tenant = _tenant AND conversation_id = _id AND sequence = ANY (_erased);
    INSERT INTO events (tenant, conversation_id, sequence, kind, at, payload, key, digest, hash)
    SELECT _tenant, _id, e.* FROM unnest(_event_sequences, _event_kinds, _event_times, _event_payloads,
                                         _event_keys, _event_digests, _event_hashes) AS e;
    -- Forget a person who was known by the run's own id, and has no other conversation or address.
    IF c.address = ANY (_runs) AND NOT EXISTS (SELECT FROM runs WHERE tenant = _tenant AND conversation_id = _id) THEN
        DELETE FROM addresses
         WHERE tenant = _tenant AND space = c.space AND address = c.address AND contact_id = c.contact_id;
        DELETE FROM contacts
         WHERE tenant = _tenant AND id = c.contact_id
           AND NOT EXISTS (SELECT FROM conversations
                            WHERE tenant = _tenant AND contact_id = c.contact_id AND id <> _id)
           AND NOT EXISTS (SELECT FROM addresses WHERE tenant = _tenant AND contact_id = c.contact_id);
    END IF;
    RETURN true;
END $$;
