import Alert from "@cloudscape-design/components/alert";
import { Component, type ReactNode } from "react";
import { errorText } from "../api/errors";
import { m } from "../i18n";

/** A page that cannot be drawn says so, rather than taking the whole console with it. */
export class PageGuard extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: null as unknown };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return (
      <Alert type="error" header={m.errors.pageFailed}>
        {errorText(this.state.error)}
      </Alert>
    );
  }
}
