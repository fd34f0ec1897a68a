import Spinner from "@cloudscape-design/components/spinner";
import { m } from "../i18n";

export function PageLoading() {
  return (
    <div className="center-page" role="status" aria-label={m.common.loading}>
      <Spinner size="large" />
    </div>
  );
}
