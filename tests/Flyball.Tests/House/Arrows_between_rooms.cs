using Mono.Cecil;

namespace Flyball.Tests.House;

public sealed class Arrows_between_rooms
{
    private static readonly string[] Assemblies = ["flyball", "Flyball.Client", "Flyball.Foundation", "Flyball.Models", "Flyball.Native", "Flyball.Numerics", "Flyball.Server"];

    [Fact]
    public void Are_those_that_the_golden_file_lists() => Golden.Matches("arrows.txt", string.Join('\n', Arrows()) + "\n");

    [Fact]
    public void Never_lead_back_to_the_room_they_come_from()
    {
        var arrows = Arrows().Select(arrow => arrow.Split(" -> ")).ToList();
        var rooms = arrows.SelectMany(arrow => arrow).ToHashSet();
        // whoever leads nowhere is taken away, until nobody is left or only a circle is
        while (rooms.RemoveWhere(room => !arrows.Exists(arrow => arrow[0] == room && rooms.Contains(arrow[1]))) > 0)
        {
        }

        Assert.Empty(rooms);
    }

    private static SortedSet<string> Arrows()
    {
        var arrows = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var name in Assemblies)
        {
            using var assembly = AssemblyDefinition.ReadAssembly(Path.Combine(AppContext.BaseDirectory, name + ".dll"));
            foreach (var reference in assembly.MainModule.AssemblyReferences.Where(reference => Assemblies.Contains(reference.Name))) arrows.Add($"{name} -> {reference.Name}");
            if (name != "Flyball.Server") continue;
            foreach (var type in assembly.MainModule.GetTypes())
            {
                var from = Room(type);
                foreach (var to in Uses(type).Select(Room)) if (from is not null && to is not null && from != to) arrows.Add($"{from} -> {to}");
            }
        }

        return arrows;
    }

    /// <summary>The room of a type: the namespace directly below the server's; the composition at its root has none.</summary>
    private static string? Room(TypeReference type)
    {
        var outer = type.GetElementType();
        while (outer.DeclaringType is { } declaring) outer = declaring;
        return outer.Namespace.Split('.') is ["Flyball", "Server", var room, ..] ? room : null;
    }

    private static IEnumerable<TypeReference> Uses(TypeDefinition type)
    {
        var used = new List<TypeReference?> { type.BaseType };
        used.AddRange(type.Interfaces.Select(face => face.InterfaceType));
        used.AddRange(type.Fields.Select(field => field.FieldType));
        foreach (var method in type.Methods)
        {
            used.Add(method.ReturnType);
            used.AddRange(method.Parameters.Select(parameter => parameter.ParameterType));
            if (!method.HasBody) continue;
            used.AddRange(method.Body.Variables.Select(variable => variable.VariableType));
            foreach (var operand in method.Body.Instructions.Select(instruction => instruction.Operand))
            {
                used.Add(operand as TypeReference);
                if (operand is MemberReference and not TypeReference) used.Add(((MemberReference)operand).DeclaringType);
                if (operand is MethodReference called)
                {
                    used.Add(called.ReturnType);
                    if (called is GenericInstanceMethod generic) used.AddRange(generic.GenericArguments);
                }
            }
        }

        return used.OfType<TypeReference>().SelectMany(Parts);
    }

    private static IEnumerable<TypeReference> Parts(TypeReference type) =>
        type is GenericInstanceType generic ? generic.GenericArguments.SelectMany(Parts).Prepend(generic.ElementType) : [type];
}
