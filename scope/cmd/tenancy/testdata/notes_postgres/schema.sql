-- As pg_dump --schema-only writes it.
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE public.countries (
    code text NOT NULL,
    name text NOT NULL
);
ALTER TABLE public.countries OWNER TO somebody;
CREATE TABLE public.notes (
    tenant_id uuid NOT NULL,
    id bigint NOT NULL,
    body text DEFAULT ''::text NOT NULL,
    country text,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    data jsonb,
    state text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT notes_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'done'::text])))
);
CREATE TABLE public.visits (
    tenant_id uuid NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    note_id bigint NOT NULL,
    ip inet
);
ALTER TABLE ONLY public.countries
    ADD CONSTRAINT countries_pkey PRIMARY KEY (code);
ALTER TABLE ONLY public.notes
    ADD CONSTRAINT notes_pkey PRIMARY KEY (tenant_id, id);
ALTER TABLE ONLY public.visits
    ADD CONSTRAINT visits_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.notes
    ADD CONSTRAINT notes_country_fkey FOREIGN KEY (country) REFERENCES public.countries(code);
ALTER TABLE ONLY public.visits
    ADD CONSTRAINT visits_note_fkey FOREIGN KEY (tenant_id, note_id) REFERENCES public.notes(tenant_id, id) ON DELETE CASCADE;
GRANT SELECT ON TABLE public.notes TO somebody;
