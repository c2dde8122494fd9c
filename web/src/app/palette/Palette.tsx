import { Modal, TextInput, UnstyledButton } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useState } from "react";
import { Icon } from "@/components/Icon";
import { pagePath, useParams } from "@/lib/url";
import { groups } from "../shell/Rail";
import classes from "./Palette.module.css";

export default function Palette({ onClose }: { readonly onClose: () => void }) {
  const { project } = useParams();
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const pages = groups
    .flatMap((group) => group.pages)
    .filter((page) => page.label.toLowerCase().includes(text.toLowerCase()));
  const go = (index: number) => {
    const page = pages[index];
    if (page === undefined) return;
    onClose();
    void navigate({ to: pagePath(project, page.path) });
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
    if (step !== 0) {
      event.preventDefault();
      setActive((active + step + pages.length) % Math.max(pages.length, 1));
    } else if (event.key === "Enter") go(active);
  };
  return (
    <Modal opened onClose={onClose} withCloseButton={false} padding={0} size="lg" aria-label="Find anything">
      <TextInput
        aria-label="Find anything"
        placeholder="Find anything, go anywhere"
        leftSection={<Icon name="search" size={18} />}
        size="md"
        variant="unstyled"
        data-autofocus
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={onKey}
      />
      <div className={classes.list}>
        {pages.map((page, index) => (
          <UnstyledButton
            key={page.path}
            className={classes.item}
            data-active={index === active || undefined}
            onClick={() => go(index)}
          >
            <Icon name={page.icon} size={18} />
            {page.label}
          </UnstyledButton>
        ))}
      </div>
    </Modal>
  );
}
