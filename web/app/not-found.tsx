import { ButtonLink } from '#ui/button.tsx';
import { Empty } from '#ui/state.tsx';

export default function NotFound() {
  return (
    <main className="mx-auto max-w-xl pt-[15vh]">
      <h1 className="text-center text-title font-semibold">There is no such page</h1>
      <Empty action={<ButtonLink href="/">To the overview</ButtonLink>}>
        It may have been removed, or the address was cut off on its way.
      </Empty>
    </main>
  );
}
