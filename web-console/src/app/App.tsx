import { lazy, Suspense } from "react";
import { PageLoading } from "../components/page_loading";
import { SignInPage } from "../pages/sign_in";
import { useSession } from "./session";

// The sign-in page comes at once; the rest of the console loads behind it.
const Shell = lazy(() => import("./shell"));

export function App() {
  const { session } = useSession();
  if (session === null) return <SignInPage />;
  return (
    <Suspense fallback={<PageLoading />}>
      {/* Another project is another world: nothing of the former one's pages is kept. */}
      <Shell key={session.project.id} />
    </Suspense>
  );
}
